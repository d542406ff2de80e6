"""RANSAC: the line of few rows that most rows agree with. Fischler and Bolles, "Random Sample Consensus" (1981).

Reference: sklearn.linear_model.RANSACRegressor, at least 98 % as many rows agree.
"""

from __future__ import annotations

import numpy as np

from models.robust.scales import subsets

TRIALS, NEAR = 300, 0.35  # a row within 0.35 of the logarithm agrees: stated, for prices


def fit(design: np.ndarray, target: np.ndarray, near: float = NEAR, seed: int = 0) -> np.ndarray:
    """Return the weights, shape (k,): least squares of the rows within `near` of the best line."""
    best = np.zeros(len(target), bool)
    for rows in subsets(len(target), design.shape[1] + 1, TRIALS, seed):
        weights = np.linalg.lstsq(design[rows], target[rows], rcond=None)[0]
        agree = np.abs(target - design @ weights) < near
        if agree.sum() > best.sum():
            best = agree
    return np.asarray(np.linalg.lstsq(design[best], target[best], rcond=None)[0])
