"""Theil-Sen for several inputs: the spatial median of the lines of many small samples.

Source: Dang, Peng, Wang and Zhang, "Theil-Sen Estimators in a Multiple Linear Regression Model" (2008); the spatial
median by Weiszfeld's steps. With k + 1 rows a sample, more than half of the samples are clean only where less than
1 - 0.5 ** (1 / (k + 1)) of the rows are wrong.

Reference: sklearn.linear_model.TheilSenRegressor of one input, coefficients within 0.05.
"""

from __future__ import annotations

import numpy as np

from models.robust.scales import subsets

SAMPLES = 1_000


def fit(design: np.ndarray, target: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the weights, shape (k,). Inputs should be of one scale: the median is of distances between weights."""
    lines = np.array(
        [
            np.linalg.lstsq(design[rows], target[rows], rcond=None)[0]
            for rows in subsets(len(target), design.shape[1] + 1, SAMPLES, seed)
        ]
    )
    return spatial_median(lines)


def spatial_median(points: np.ndarray) -> np.ndarray:
    """Return the point with the least sum of distances, shape (k,). points: shape (n, k)."""
    centre = np.median(points, axis=0)
    for _ in range(300):
        share = 1 / np.maximum(np.linalg.norm(points - centre, axis=1), 1e-9)
        after = share @ points / share.sum()
        done = np.abs(after - centre).max() < 1e-10
        centre = after
        if done:
            break
    return np.asarray(centre)
