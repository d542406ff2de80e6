"""T-learner: two models, as `two_models.py`, with boosting in the place of the logistic regressions.

Künzel, Sekhon, Bickel and Yu, "Metalearners for estimating heterogeneous treatment effects" (2019).
"""

from __future__ import annotations

import numpy as np

from models.uplift.base import Regression


class TLearner:
    """The difference of two models: of those who got the mail, and of the others."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, x: np.ndarray, treated: np.ndarray, y: np.ndarray) -> TLearner:
        """Return both, fitted. x: shape (n, k). treated, y: 0 or 1, shape (n,)."""
        self.models = [Regression(self.seed).fit(x[treated == arm], y[treated == arm]) for arm in (0, 1)]
        return self

    def effect(self, x: np.ndarray) -> np.ndarray:
        """Return what the mail adds to the probability of a visit, shape (n,)."""
        return np.asarray(self.models[1].mean(x) - self.models[0].mean(x))
