"""Regression and forecasts: errors of the median, pinball loss and coverage of quantiles.

Reference: sklearn.metrics.mean_pinball_loss, 1e-6.
"""

from collections.abc import Sequence

import numpy as np


def mae(target: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> float:
    """Return the mean absolute error of the median, in the unit of the target.

    target: any shape. quantiles: the same shape with one more dimension, of the levels, which rise and include 0.5.
    """
    return float(np.abs(target - quantiles[..., list(levels).index(0.5)]).mean())


def pinball(target: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> float:
    """Return the pinball loss, a mean over all levels. Source: Koenker and Bassett, "Regression Quantiles" (1978)."""
    share, below = np.array(levels), target[..., None] - quantiles
    return float(np.maximum(share * below, (share - 1) * below).mean())


def coverage(target: np.ndarray, quantiles: np.ndarray) -> float:
    """Return the share of values within the outermost quantiles."""
    return float(((target >= quantiles[..., 0]) & (target <= quantiles[..., -1])).mean())
