"""S-learner: a single model in which the mail is one more input.

Künzel, Sekhon, Bickel and Yu, "Metalearners for estimating heterogeneous treatment effects" (2019).
"""

from __future__ import annotations

import numpy as np

from models.uplift.base import Regression


class SLearner:
    """The difference of one model's answers with the mail and without."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, x: np.ndarray, treated: np.ndarray, y: np.ndarray) -> SLearner:
        """Return the model, fitted. x: shape (n, k). treated, y: 0 or 1, shape (n,)."""
        self.model = Regression(self.seed).fit(np.column_stack([x, treated]), y)
        return self

    def effect(self, x: np.ndarray) -> np.ndarray:
        """Return what the mail adds to the probability of a visit, shape (n,)."""
        without, mailed = (self.model.mean(np.column_stack([x, np.full(len(x), arm)])) for arm in (0.0, 1.0))
        return np.asarray(mailed - without)
