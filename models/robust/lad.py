"""Least absolute deviations: the regression of the median. Its breakdown by bad inputs is that of least squares."""

from __future__ import annotations

import numpy as np

from models.linear import quantile_regression


def fit(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the weights, shape (k,)."""
    return quantile_regression.fit(design, target, 0.5)
