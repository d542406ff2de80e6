"""Recent delays of an origin, a carrier, a destination, a route and an aircraft, from flights that have landed."""

import duckdb
import pandas as pd

from pipelines.flight_delay.columns import LATE_AFTER, WINDOWS, delay_columns

TIMES = ["sched_dep", "sched_arr", "departed", "landed"]


def delays(flights: pd.DataFrame, view: str) -> pd.DataFrame:
    """Return the share of late arrivals and the mean delay (minutes) of a window, at every landing that changes them.

    The event timestamp of a row is the landing from which it is known. Only landed flights count. So the latest row at
    or before the prediction time knows nothing of flights that are still in the air.
    """
    keys, window = WINDOWS[view]
    late_share, mean_delay = delay_columns(view)
    by = ", ".join(keys)
    # With RANGE, flights that land in the same minute give one row, whatever their order in the file.
    query = f"""
        SELECT DISTINCT {by}, landed AS event_timestamp,
               avg((arr_delay > {LATE_AFTER})::INT) OVER recent AS {late_share},
               avg(arr_delay) OVER recent AS {mean_delay}
        FROM flights WHERE status = 'landed' AND {known(keys)}
        WINDOW recent AS (PARTITION BY {by} ORDER BY landed
                          RANGE BETWEEN INTERVAL '{window.total_seconds()} seconds' PRECEDING AND CURRENT ROW)
        ORDER BY ALL"""
    return rows(query, flights)


def known(keys: list[str]) -> str:
    """Return the condition that all keys are known."""
    return " AND ".join(f"{key} IS NOT NULL" for key in keys)


def rows(query: str, flights: pd.DataFrame) -> pd.DataFrame:
    """Return the result of a query over the table `flights`, with the column `event_timestamp`."""
    # Naive times, in UTC: for zoned ones DuckDB needs an extension, which it may want to download.
    naive = flights.assign(**{name: flights[name].dt.tz_localize(None) for name in TIMES})
    with duckdb.connect() as connection:
        connection.register("flights", naive)
        found = connection.execute(query).df()
    return found.assign(event_timestamp=found["event_timestamp"].dt.tz_localize("UTC").dt.as_unit("us"))
