"""The MM-estimator: from the S-estimator and its scale to one of 95 % efficiency.

Source: Yohai, "High Breakdown-Point and High Efficiency Robust Estimates for Regression" (1987).

Reference: statsmodels.robust.norms.TukeyBiweight, whose equation it solves within 1e-4.
"""

from __future__ import annotations

import numpy as np

from models.robust import s_estimator
from models.robust.scales import TUKEY_MM, bisquare_share, weighted


def fit(design: np.ndarray, target: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the weights, shape (k,)."""
    weights = s_estimator.fit(design, target, seed)
    scale = s_estimator.scale(target - design @ weights)
    for _ in range(200):
        after = weighted(design, target, bisquare_share((target - design @ weights) / scale, TUKEY_MM))
        done = np.abs(after - weights).max() < 1e-9
        weights = after
        if done:
            break
    return weights
