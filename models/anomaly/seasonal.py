"""Seasonal decomposition: a value is a trend, what is usual at its place of the period, and a rest.

Source: Persons (1919), as the additive decomposition by moving averages is taught; Hyndman and Athanasopoulos,
"Forecasting: principles and practice", section 3.4.

Reference: statsmodels.tsa.seasonal.seasonal_decompose, 1e-6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Parts(NamedTuple):
    """Trend, season and rest, each of shape (n,). Half a period at both ends has no trend, and no rest: NaN."""

    trend: np.ndarray
    season: np.ndarray
    rest: np.ndarray


def decompose(values: np.ndarray, period: int) -> Parts:
    """Return the additive parts. values: shape (n,), at least two periods. It looks ahead: it is not for streams."""
    values = np.asarray(values, dtype=float)
    weights = np.full(period, 1 / period)
    if period % 2 == 0:  # an even period has no middle: half a value at each end
        weights = np.concatenate([[0.5], np.ones(period - 1), [0.5]]) / period
    trend = np.full(len(values), np.nan)
    half = len(weights) // 2
    trend[half : len(values) - half] = np.convolve(values, weights, "valid")
    means = np.array([np.nanmean((values - trend)[place::period]) for place in range(period)])
    season = np.resize(means - means.mean(), len(values))
    return Parts(trend, season, values - trend - season)
