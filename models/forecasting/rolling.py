"""Rolling origins inside the days to learn from: how settings and weights are chosen without a day of the test."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from models.forecasting.windows import Windows

if TYPE_CHECKING:
    from models.forecasting.forecaster import Forecaster

FIRST = 0.45  # of the days: what the first origin learns from
ORIGINS = 4


def blocks(windows: Windows) -> list[tuple[Windows, Windows]]:
    """Return pairs: all windows before an origin, and those from it up to the next. Dates rise."""
    ends = np.linspace(FIRST * len(windows), len(windows), ORIGINS + 1).astype(int)
    return [(windows[:first], windows[first:end]) for first, end in pairwise(ends)]


def forecast(make: Callable[[], Forecaster], windows: Windows) -> tuple[Windows, np.ndarray]:
    """Return the windows from the first origin on, and their quantiles, each by what learned all before its origin."""
    parts = blocks(windows)
    forecasts = [make().fit(past).predict(block) for past, block in parts]
    return windows[len(parts[0][0]) :], np.concatenate(forecasts)
