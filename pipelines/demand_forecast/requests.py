"""A day as the request of a client."""

from __future__ import annotations

from typing import Any

import numpy as np

from data_sets.elecdemand import ZONE
from models.forecasting.windows import DAY, Windows


def request(window: Windows) -> dict[str, Any]:
    """Return the JSON of one window's request. A weekday on which nobody works is a holiday."""
    start = window.start[0].tz_convert(ZONE)
    return {
        "day": str(start.date()),
        "holiday": bool(start.dayofweek < 5 and not window.working[0, -DAY]),
        "temperature_ahead": [] if window.ahead is None else rounded(window.ahead[0]),
    }


def rounded(values: np.ndarray) -> list[float]:
    """Return numbers as a meter gives them."""
    return [round(float(value), 3) for value in values]
