"""A window as the request of a client."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipelines.demand_forecast.data import ZONE
from pipelines.demand_forecast.windows import DAY, WEEK, Windows


def request(window: Windows) -> dict[str, Any]:
    """Return the JSON of one window's request. A weekday on which nobody works is a holiday."""
    start = window.start[0].tz_convert(ZONE)
    times = pd.date_range(start - pd.Timedelta(minutes=30 * WEEK), periods=WEEK + DAY, freq="30min")
    free = times[(times.dayofweek < 5) & ~window.working[0]]
    return {
        "start": start.isoformat(),
        "demand": rounded(window.demand[0]),
        "temperature": rounded(window.temperature[0]),
        "temperature_ahead": [] if window.ahead is None else rounded(window.ahead[0]),
        "holidays": sorted({str(day.date()) for day in free}),
    }


def rounded(values: np.ndarray) -> list[float]:
    """Return numbers as a meter gives them."""
    return [round(float(value), 3) for value in values]
