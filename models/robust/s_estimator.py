"""The S-estimator: the line whose residuals have the least bisquare scale.

Source: Rousseeuw and Yohai, "Robust Regression by Means of S-Estimators" (1984); Salibian-Barrera and Yohai, "A Fast
Algorithm for S-Regression Estimates" (2006): many starts, two steps each, and the best five to the end.
"""

from __future__ import annotations

import numpy as np

from models.robust.scales import TUKEY_S, bisquare_loss, bisquare_share, deviation, subsets, weighted

STARTS, KEPT = 200, 5


def scale(residual: np.ndarray, start: float | None = None, steps: int = 50) -> float:
    """Return s with a mean loss of residual / s of one half."""
    spread = start or deviation(residual)
    for _ in range(steps):
        after = spread * np.sqrt(2 * bisquare_loss(residual / spread, TUKEY_S).mean())
        if abs(after / spread - 1) < 1e-10:
            break
        spread = float(after)
    return spread


def fit(design: np.ndarray, target: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the weights, shape (k,)."""

    def step(weights: np.ndarray, known: float | None) -> tuple[np.ndarray, float]:
        residual = target - design @ weights
        spread = scale(residual, known, 1 if known else 5)
        return weighted(design, target, bisquare_share(residual / spread, TUKEY_S)), spread

    found = []
    for rows in subsets(len(target), design.shape[1], STARTS, seed):
        weights, known = np.linalg.lstsq(design[rows], target[rows], rcond=None)[0], None
        for _ in range(2):
            weights, known = step(weights, known)
        found.append((scale(target - design @ weights, known, 3), weights))
    found.sort(key=lambda candidate: candidate[0])
    ended = []
    for known, weights in found[:KEPT]:
        for _ in range(100):
            after, known = step(weights, known)
            done = np.abs(after - weights).max() < 1e-9
            weights = after
            if done:
                break
        ended.append((scale(target - design @ weights), weights))
    return np.asarray(min(ended, key=lambda candidate: candidate[0])[1])
