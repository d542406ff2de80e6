"""Softmax regression on sparse columns, of labels that may be shares: where several people said different things.

The sum of the cross-entropies, `strength` times, and half the squared weights, by L-BFGS. With a label each it is
scikit-learn's `LogisticRegression`, whose C is the strength.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import logsumexp


class Softmax:
    """A score per class, linear in the columns. The intercepts have no penalty."""

    def __init__(self, strength: float = 1.0, tolerance: float = 1e-4, rounds: int = 300):
        self.strength, self.tolerance, self.rounds = strength, tolerance, rounds

    def fit(self, rows: csr_array, shares: np.ndarray, importance: np.ndarray | None = None) -> Softmax:
        """Return it, fitted. rows: (n, columns). shares: (n, classes), each row of sum 1. importance: (n,), or 1."""
        count = self.strength * (np.ones(rows.shape[0]) if importance is None else importance)
        known = np.unique(rows.indices)  # a column that no row has keeps the weight 0
        seen, classes = csr_array(rows[:, known]), shares.shape[1]
        turned = csr_array(seen.T)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights, intercept = flat[classes:].reshape(-1, classes), flat[:classes]
            scores = seen @ weights + intercept
            total = logsumexp(scores, axis=1)
            value = count @ (total - (shares * scores).sum(axis=1)) + (weights**2).sum() / 2
            wrong = (np.exp(scores - total[:, None]) - shares) * count[:, None]
            return float(value), np.concatenate([wrong.sum(axis=0), (turned @ wrong + weights).ravel()])

        start = np.zeros(classes * (1 + len(known)))
        found = minimize(loss, start, jac=True, method="L-BFGS-B",
                         options={"maxiter": self.rounds, "gtol": self.tolerance, "ftol": 1e-12})  # fmt: skip
        self.intercept: np.ndarray = found.x[:classes]
        self.weights: np.ndarray = np.zeros((rows.shape[1], classes))
        self.weights[known] = found.x[classes:].reshape(-1, classes)
        return self

    def scores(self, rows: csr_array) -> np.ndarray:
        """Return the score of each class, shape (n, classes). Their softmax are the probabilities."""
        return np.asarray(rows @ self.weights + self.intercept)

    def probability(self, rows: csr_array) -> np.ndarray:
        """Return the probability of each class, shape (n, classes)."""
        scores = self.scores(rows)
        return np.asarray(np.exp(scores - logsumexp(scores, axis=1, keepdims=True)))
