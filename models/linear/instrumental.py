"""Least squares with an instrument, with standard errors robust to what the rows of a cluster share.

Sources: Theil, "Economic forecasts and policy" (1958), two-stage least squares; Liang and Zeger, "Longitudinal data
analysis using generalized linear models" (1986), for the errors.

Reference: statsmodels.OLS with clustered errors, 1e-8.
"""

from __future__ import annotations

import numpy as np

from models.linear.mixed import sums

Estimate = tuple[float, float]  # a coefficient, and its standard error


def without(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return values without the mean of their group, shape of `values`."""
    places = np.unique(groups, return_inverse=True)[1]
    means = sums(places, places.max() + 1, values) / np.bincount(places).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(values - means[places])


def least_squares(y: np.ndarray, x: np.ndarray, tool: np.ndarray, cluster: np.ndarray) -> Estimate:
    """Return the first coefficient and its error. tool: x itself, or x with an instrument in the first column."""
    cross = np.linalg.pinv(tool.T @ x)
    weights = cross @ (tool.T @ y)
    scores = sums(
        np.unique(cluster, return_inverse=True)[1], len(np.unique(cluster)), tool * (y - x @ weights)[:, None]
    )
    spread = cross @ (scores.T @ scores) @ cross.T
    return float(weights[0]), float(np.sqrt(spread[0, 0]))
