"""Days as rows: what is measured of each, what is known before it, and the windows that the forecasters take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT
from capstan.errors import CapstanError
from data_sets.elecdemand import LOCAL, ZONE
from models.forecasting.windows import DAY, WEEK, Windows

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns

KEY = "day"  # such as 2014-11-04, of the market's clock
TARGET, AHEAD, HOLIDAY = "actual", "temperature_ahead", "holiday"
DAYS = WEEK // DAY


def measured(half_hours: pd.DataFrame) -> pd.DataFrame:
    """Return a row per day that has all half-hours, by midnight of the market's clock: lists of 48, and `working`."""
    table = half_hours.sort_values("time").drop_duplicates("time")
    midnight = table["time"].dt.tz_convert(ZONE).dt.normalize()
    rows = table.groupby(midnight).agg(
        demand=("demand", list), temperature=("temperature", list), working=("working_day", "first")
    )
    return rows[rows["demand"].map(len) == DAY].rename_axis("start")


def weeks_before(half_hours: pd.DataFrame) -> pd.DataFrame:
    """Return a row per day whose week is whole, with what is known at its start, also for the day after the last."""
    import pandas as pd

    days = measured(half_hours)
    one_day = pd.Timedelta(days=1)
    starts = [
        start for start in days.index + one_day if all(start - one_day * n in days.index for n in range(1, DAYS + 1))
    ]
    if not starts:
        raise CapstanError(f"{len(days)} whole days are too few: a forecast needs a week before it. Give it more data.")
    weeks = [days.loc[start - one_day * DAYS : start - one_day] for start in starts]
    return pd.DataFrame(
        {
            KEY: [str(start.date()) for start in starts],
            EVENT_TIMESTAMP: pd.DatetimeIndex(starts).tz_convert("UTC").as_unit("us"),
            "demand": [np.concatenate(week["demand"].to_list()) for week in weeks],
            "temperature": [np.concatenate(week["temperature"].to_list()) for week in weeks],
            "working": [week["working"].to_numpy() for week in weeks],
            "last_demand": [float(np.mean(week["demand"].iloc[-1])) for week in weeks],
            "last_temperature": [float(np.mean(week["temperature"].iloc[-1])) for week in weeks],
        }
    )


def to_forecast(half_hours: pd.DataFrame) -> pd.DataFrame:
    """Return a row per day to forecast: its measurements, where there are any, and whether it is a public holiday."""
    import pandas as pd

    starts = weeks_before(half_hours)[[KEY, EVENT_TIMESTAMP]]
    days = measured(half_hours).reset_index()
    days[KEY] = days["start"].dt.strftime("%Y-%m-%d")
    rows = starts.merge(days.rename(columns={"demand": TARGET, "temperature": AHEAD}), on=KEY, how="left")
    weekend = pd.to_datetime(rows[KEY]).dt.dayofweek >= DAYS - 2
    rows[HOLIDAY] = (rows["working"] == 0) & ~weekend
    rows[LABEL_KNOWN_AT] = rows[EVENT_TIMESTAMP] + pd.Timedelta(days=1)
    return rows[[KEY, EVENT_TIMESTAMP, LABEL_KNOWN_AT, HOLIDAY, AHEAD, TARGET]]


def windows(rows: Columns) -> Windows:
    """Return the windows of rows of the training set, or of requests, which have no target.

    Without the day's temperature where a row has none: then no row may have one.
    """
    import pandas as pd

    starts = pd.DatetimeIndex(pd.to_datetime(list(rows[KEY]))).tz_localize(ZONE)
    weekday, free = starts.dayofweek.to_numpy() < DAYS - 2, np.array(list(rows[HOLIDAY]), bool)
    days = np.column_stack([_matrix(rows["working"], DAYS) == 1, weekday & ~free])
    known = len(rows[AHEAD]) > 0 and all(values is not None and len(values) for values in rows[AHEAD])
    return Windows(
        start=starts.tz_convert("UTC"),
        demand=_matrix(rows["demand"], WEEK),
        temperature=_matrix(rows["temperature"], WEEK),
        working=days.repeat(DAY, axis=1),
        ahead=_matrix(rows[AHEAD], DAY) if known else None,
        target=_matrix(rows[TARGET], DAY) if TARGET in rows else None,
        zone=ZONE,
        local=LOCAL,
    )


def _matrix(lists: Any, size: int) -> np.ndarray:
    """Return lists of equal length as an array, shape (n, size)."""
    return np.array([list(values) for values in lists], dtype=float).reshape(-1, size)
