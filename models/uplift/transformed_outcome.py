"""Transformed outcome: a value per customer whose mean given x is the effect, which one regression learns.

Athey and Imbens, "Machine learning methods for estimating heterogeneous causal effects" (2015): with the share e of
those who get the mail at random, y * (t - e) / (e * (1 - e)).
"""

from __future__ import annotations

import numpy as np

from models.uplift.base import Regression


def transformed(treated: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the values, shape (n,)."""
    share = treated.mean()
    return np.asarray(y * (treated - share) / (share * (1 - share)))


class TransformedOutcome:
    """A regression of the transformed outcome."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, x: np.ndarray, treated: np.ndarray, y: np.ndarray) -> TransformedOutcome:
        """Return the regression, fitted. x: shape (n, k). treated, y: 0 or 1, shape (n,)."""
        self.model = Regression(self.seed).fit(x, transformed(treated, y))
        return self

    def effect(self, x: np.ndarray) -> np.ndarray:
        """Return what the mail adds to the probability of a visit, shape (n,)."""
        return self.model.mean(x)
