"""Least absolute deviations: the regression of the median. Its breakdown by bad inputs is that of least squares.

Reference: statsmodels.QuantReg at 0.5, coefficients within 5e-3.
"""

from __future__ import annotations

import numpy as np

from models.linear import quantile_regression


def fit(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the weights, shape (k,)."""
    return quantile_regression.fit(design, target, 0.5)
