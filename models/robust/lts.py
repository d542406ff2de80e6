"""Least trimmed squares: the least sum over the half of the rows that fits best.

Source: Rousseeuw and Van Driessen, "Computing LTS Regression for Large Data Sets" (2006): many starts, two
concentration steps each, and the best ten to the end.

Reference: all halves of ten rows, the sum within 1e-6.
"""

from __future__ import annotations

import numpy as np

from models.robust.scales import subsets

STARTS, KEPT = 200, 10


def fit(design: np.ndarray, target: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the weights, shape (k,)."""
    half = (len(target) + design.shape[1] + 1) // 2

    def step(weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Least squares of the half that is nearest: the sum never rises."""
        square = (target - design @ weights) ** 2
        near = np.argpartition(square, half)[:half]
        after = np.linalg.lstsq(design[near], target[near], rcond=None)[0]
        return float(np.partition((target - design @ after) ** 2, half)[:half].sum()), after

    found = []
    for rows in subsets(len(target), design.shape[1], STARTS, seed):
        start = np.linalg.lstsq(design[rows], target[rows], rcond=None)[0]
        found.append(step(step(start)[1]))
    found.sort(key=lambda candidate: candidate[0])
    best = found[0]
    for loss, weights in found[:KEPT]:
        while (after := step(weights))[0] < loss - 1e-12:
            loss, weights = after
        best = min(best, (loss, weights), key=lambda candidate: candidate[0])
    return np.asarray(best[1])
