"""X-learner: each customer's own effect is guessed with the model of the other arm, and the guesses are learned.

Künzel, Sekhon, Bickel and Yu, "Metalearners for estimating heterogeneous treatment effects" (2019), equations 8 to 10.
"""

from __future__ import annotations

import numpy as np

from models.uplift.base import Regression
from models.uplift.t_learner import TLearner


class XLearner:
    """The mean of two models of guessed effects, weighted by the share of those who got the mail."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, x: np.ndarray, treated: np.ndarray, y: np.ndarray) -> XLearner:
        """Return both, fitted. x: shape (n, k). treated, y: 0 or 1, shape (n,)."""
        without, mailed = TLearner(self.seed).fit(x, treated, y).models
        got = treated == 1
        guesses = (x[~got], mailed.mean(x[~got]) - y[~got]), (x[got], y[got] - without.mean(x[got]))
        self.models = [Regression(self.seed).fit(*guess) for guess in guesses]
        self.share = float(got.mean())
        return self

    def effect(self, x: np.ndarray) -> np.ndarray:
        """Return what the mail adds to the probability of a visit, shape (n,)."""
        without, mailed = (model.mean(x) for model in self.models)
        return np.asarray(self.share * without + (1 - self.share) * mailed)
