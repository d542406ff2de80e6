"""Can the aircraft be back in time? From its previous flight out of New York, as far as that is known."""

import pandas as pd

from pipelines.flight_delay.columns import NEXT_WITHIN
from pipelines.flight_delay.history import rows

SLACK, LAST_DELAY = "aircraft_slack", "aircraft_last_delay"


def rotation(flights: pd.DataFrame) -> pd.DataFrame:
    """Return the slack of each aircraft (minutes) and its last delay (minutes), at every instant that changes them.

    The data has no flights to New York. An aircraft can be back after the planned duration once more, and the slack is
    the time from then to its next scheduled departure. A flight that is due and has not left lowers it at its scheduled
    departure, without a delay, which nobody knows yet; its departure and its landing correct both.

    `next` is the scheduled departure of the flight that the aircraft flies next out of New York. A request has it an
    hour ahead, with the aircraft: so the row says nothing that a request does not, nor of what happens to that flight.
    One that departs later than NEXT_WITHIN does not count: by then the row is too old for it.
    """
    query = f"""
        WITH legs AS (
            SELECT *, sched_arr - sched_dep AS planned,
                   lead(sched_dep) OVER (PARTITION BY tailnum ORDER BY sched_dep, departed, carrier, dest) AS next
            FROM flights WHERE tailnum IS NOT NULL
        ), events AS (
            SELECT tailnum, next, sched_dep AS instant, sched_dep + 2 * planned AS back, NULL AS delay
            FROM legs WHERE departed IS NULL OR departed > sched_dep
            UNION ALL
            SELECT tailnum, next, departed, departed + 2 * planned, dep_delay FROM legs WHERE departed IS NOT NULL
            UNION ALL
            SELECT tailnum, next, landed, landed + planned, arr_delay FROM legs WHERE landed IS NOT NULL
        )
        SELECT tailnum, instant AS event_timestamp, delay AS {LAST_DELAY},
               epoch(next - back) / 60 AS {SLACK}
        FROM (
            SELECT * REPLACE (CASE WHEN next <= instant + INTERVAL '{NEXT_WITHIN.total_seconds()} seconds' THEN next END
                              AS next) FROM events
        )
        QUALIFY 1 = row_number() OVER (
            PARTITION BY tailnum, instant ORDER BY next DESC NULLS FIRST, delay DESC NULLS LAST
        )
        ORDER BY ALL"""
    return rows(query, flights)
