"""How far predictions of the last cycle are from what was left."""

from __future__ import annotations

import numpy as np


def rmse(predicted: np.ndarray, left: np.ndarray) -> float:
    """Return the root of the mean squared error, in cycles."""
    return float(np.sqrt(np.mean((predicted - left) ** 2)))


def nasa(predicted: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return the score of each engine, shape (n,), whose sum is NASA's: late is worse than early, 0 is best.

    Saxena et al., "Damage propagation modeling for aircraft engine run-to-failure simulation" (2008), section V.
    """
    error = predicted - left
    return np.asarray(np.where(error < 0, np.expm1(-error / 13), np.expm1(error / 10)))
