"""Huber's regression: squared loss near the line, absolute beyond. Huber, "Robust Estimation of a Location Parameter"
(1964); the scale is the median absolute residual of each step, as in Holland and Welsch (1977).

Reference: statsmodels.RLM with HuberT, coefficients within 1e-3.
"""

from __future__ import annotations

import numpy as np

from models.robust.scales import deviation, weighted

LIMIT = 1.345  # deviations: 95 % efficiency at the normal distribution


def fit(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the weights, shape (k,), by iteratively reweighted least squares."""
    weights = weighted(design, target, np.ones(len(target)))
    for _ in range(100):
        residual = target - design @ weights
        scaled = np.abs(residual) / deviation(residual - np.median(residual))
        after = weighted(design, target, np.minimum(1, LIMIT / np.maximum(scaled, 1e-12)))
        done = np.abs(after - weights).max() < 1e-9
        weights = after
        if done:
            break
    return weights
