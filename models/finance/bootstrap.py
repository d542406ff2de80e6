"""Intervals of what a series of days is worth: months of days are drawn, since days are not independent of each other.

Source: Politis and Romano, "A circular block-resampling procedure for stationary data" (1992).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BLOCK, REPEATS = 21, 2_000
YEAR = 252


def interval(
    statistic: Callable[[np.ndarray, np.ndarray], np.ndarray], own: np.ndarray, other: np.ndarray
) -> tuple[float, float, float]:
    """Return a statistic of two series of the same days, and its 95 % interval.

    statistic: takes two arrays of returns with the days on the last axis, and reduces that axis.
    """
    random, count = np.random.default_rng(0), len(own)
    starts = random.integers(count, size=(REPEATS, -(-count // BLOCK)))
    days = ((starts[:, :, None] + np.arange(BLOCK)) % count).reshape(REPEATS, -1)[:, :count]
    low, high = np.quantile(statistic(own[days], other[days]), [0.025, 0.975])
    return float(statistic(own, other)), float(low), float(high)


def volatility_ratio(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return one volatility over the other."""
    return np.asarray(own.std(axis=-1) / other.std(axis=-1))


def more_return(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how much more a year brought, as a mean of daily returns."""
    return np.asarray((own - other).mean(axis=-1) * YEAR)


def more_sharpe(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how much higher the yearly Sharpe ratio is."""
    return np.asarray(yearly_sharpe(own) - yearly_sharpe(other))


def yearly_sharpe(returns: np.ndarray) -> np.ndarray:
    """Return the yearly Sharpe ratio of daily returns, 0 where nothing varies. returns: shape (..., days)."""
    mean, deviation = returns.mean(axis=-1), returns.std(axis=-1)
    varies = deviation > 1e-12
    return np.asarray(np.where(varies, mean / np.where(varies, deviation, 1.0), 0.0) * np.sqrt(YEAR))
