"""A linear classifier that learns from one label at a time.

Source: Crammer et al., "Online Passive-Aggressive Algorithms" (2006), figure 1, PA-I: the smallest change of the
weights that has the row on its side of the margin, but no step longer than a bound. The intercept is the weight of a
column of ones.

Reference: sklearn.linear_model.SGDClassifier with learning_rate="pa1", margins within 1e-9.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array


class PassiveAggressive:
    """The weights of a linear score, which each labelled row may change."""

    def __init__(self, weights: np.ndarray, intercept: float = 0.0, bound: float = 1.0):
        """weights: shape (k,), of a score that was fitted before, or zeros. bound: the longest step, above 0."""
        self.weights, self.intercept, self.bound = weights.copy(), intercept, bound

    def margin(self, rows: csr_array) -> np.ndarray:
        """Return the score of each row, shape (n,)."""
        return np.asarray(rows @ self.weights + self.intercept)

    def learn(self, rows: csr_array, target: np.ndarray) -> None:
        """Learn from labelled rows, one after the other. rows: shape (n, k). target: 0 or 1, shape (n,)."""
        for row, label in enumerate(target):
            span = slice(rows.indptr[row], rows.indptr[row + 1])
            places, values, sign = rows.indices[span], rows.data[span], 1.0 if label == 1 else -1.0
            loss = max(0.0, 1 - sign * (values @ self.weights[places] + self.intercept))
            step = sign * min(self.bound, loss / (values @ values + 1))
            self.weights[places] += step * values
            self.intercept += step
