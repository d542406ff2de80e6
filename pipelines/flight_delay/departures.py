"""How an origin, a carrier or a destination departs: who left late, and who is due and has not left."""

from datetime import timedelta

import numpy as np
import pandas as pd

from pipelines.flight_delay.columns import DEPARTURES, DUE_FOR, LATE_AFTER, departure_columns
from pipelines.flight_delay.history import known, rows

SUMS = ["due", "change", "gone", "late", "delay"]


def departures(flights: pd.DataFrame, view: str) -> pd.DataFrame:
    """Return the columns of a view of DEPARTURES at every instant that changes them.

    A flight is due at its scheduled departure, which the timetable says, and waits until it leaves, for DUE_FOR at
    most. That a flight has not left is known by its absence. When and whether it will leave is not used before it does.
    """
    keys, window = DEPARTURES[view]
    late_share, mean_delay, waiting, waiting_share = departure_columns(view)
    frame = events(flights, keys)
    due, change, gone, late, delay = frame[SUMS].to_numpy(float).T
    starts = {span: _starts(frame, keys, span) for span in (window, DUE_FOR)}
    left = _sum(gone, starts[window])
    # Each flight that begins to wait stops: over all rows of a key the changes are 0, and none reaches the next key.
    waits = np.cumsum(change)
    with np.errstate(invalid="ignore"):  # 0 / 0 is missing: none left, or none was due
        values = {
            late_share: _sum(late, starts[window]) / left,
            mean_delay: _sum(delay, starts[window]) / left,
            waiting: waits,
            waiting_share: waits / _sum(due, starts[DUE_FOR]),
        }
    return frame[[*keys, "event_timestamp"]].assign(**values)


def events(flights: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return what happens at each instant, by key and time: the flights that become due, the change of how many wait,
    the flights that leave, how many of them late, and the sum of their delays (minutes).

    Who leaves early or on time never waits. Who has not left after DUE_FOR is no longer counted.
    """
    by = ", ".join(keys)
    query = f"""
        WITH known AS MATERIALIZED (
            SELECT {by}, sched_dep, departed, dep_delay AS delay,
                   sched_dep + INTERVAL '{DUE_FOR.total_seconds()} seconds' AS given_up,
                   coalesce(departed, '9999-01-01') AS until
            FROM flights WHERE {known(keys)}
        ), events AS (
            SELECT {by}, sched_dep AS instant, 1 AS due, (until > sched_dep)::INT AS change, NULL AS delay FROM known
            UNION ALL
            SELECT {by}, departed, 0, -(until > sched_dep AND until < given_up)::INT, delay
            FROM known WHERE departed IS NOT NULL
            UNION ALL
            SELECT {by}, given_up, 0, -1, NULL FROM known WHERE until >= given_up
        )
        SELECT {by}, instant AS event_timestamp, sum(due) AS due, sum(change) AS change, count(delay) AS gone,
               count(*) FILTER (delay > {LATE_AFTER}) AS late, coalesce(sum(delay), 0) AS delay
        FROM events GROUP BY ALL ORDER BY ALL"""
    return rows(query, flights)


def _starts(frame: pd.DataFrame, keys: list[str], span: timedelta) -> np.ndarray:
    """Return for each row the first row of its key within a span before it, both ends included, shape (n,)."""
    time = frame["event_timestamp"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(int)
    time -= time.min()
    apart = time.max() + int(span.total_seconds() * 1_000_000) + 1  # no span reaches the rows of another key
    place = frame.groupby(keys, sort=True).ngroup().to_numpy() * apart + time
    return np.asarray(np.searchsorted(place, place - int(span.total_seconds() * 1_000_000)))


def _sum(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the sum of values from a start up to each row, shape (n,)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[1:] - total[starts])
