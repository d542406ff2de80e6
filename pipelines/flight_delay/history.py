"""How punctual an origin, a carrier, a destination, a route and an aircraft have lately been."""

import duckdb
import pandas as pd

from pipelines.flight_delay.columns import LATE_AFTER, WINDOWS, delay_columns


def delays(flights: pd.DataFrame, view: str) -> pd.DataFrame:
    """Return the share of late arrivals and the mean delay (minutes) of a window, at every landing that changes them.

    A row is known from the landing on that it carries as its event timestamp, and only landed flights are in it:
    a flight still in the air at prediction time cannot be seen by whoever takes the latest row at or before that time.
    """
    keys, window = WINDOWS[view]
    late_share, mean_delay = delay_columns(view)
    by = ", ".join(keys)
    # RANGE takes flights that land in the same minute as peers: they get one row, whatever their order in the file.
    query = f"""
        SELECT DISTINCT {by}, landed AS event_timestamp,
               avg((arr_delay > {LATE_AFTER})::INT) OVER recent AS {late_share},
               avg(arr_delay) OVER recent AS {mean_delay}
        FROM flights WHERE status = 'landed' AND {" AND ".join(f"{key} IS NOT NULL" for key in keys)}
        WINDOW recent AS (PARTITION BY {by} ORDER BY landed
                          RANGE BETWEEN INTERVAL '{window.total_seconds()} seconds' PRECEDING AND CURRENT ROW)
        ORDER BY ALL"""
    # Naive, in UTC: DuckDB's arithmetic on zoned timestamps needs an extension that it may want to download.
    naive = flights[[*keys, "arr_delay", "status"]].assign(landed=flights["landed"].dt.tz_localize(None))
    with duckdb.connect() as connection:
        connection.register("flights", naive)
        rows = connection.execute(query).df()
    return rows.assign(event_timestamp=rows["event_timestamp"].dt.tz_localize("UTC").dt.as_unit("us"))
