"""Softmax regression on sparse and dense columns, of labels that may be shares: where people said different things.

The sum of the cross-entropies, `strength` times, and half the squared weights, by L-BFGS. With a label each it is
scikit-learn's `LogisticRegression`, whose C is the strength. Source: Peterson et al., "Human Uncertainty Makes
Classification More Robust" (2019), for labels that are the shares of people.

Reference: sklearn.linear_model.LogisticRegression, probabilities within 2e-3, weights within 5e-3.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import logsumexp

Block: TypeAlias = csr_array | np.ndarray


class Softmax:
    """A score per class, linear in the columns. The intercepts have no penalty."""

    def __init__(self, strength: float = 1.0, tolerance: float = 1e-3, rounds: int = 200):
        """tolerance: of the largest part of the gradient, per row. rounds: of L-BFGS at most."""
        self.strength, self.tolerance, self.rounds = strength, tolerance, rounds

    def fit(self, blocks: Sequence[Block], shares: np.ndarray, importance: np.ndarray | None = None) -> Softmax:
        """Return it, fitted. blocks: columns of the same rows, each of shape (n, its width).

        shares: (n, classes), each row of sum 1. importance: how often each row counts, shape (n,), or 1.
        """
        rows, classes = shares.shape
        count = self.strength * (np.ones(rows) if importance is None else importance)
        # A sparse column that no row has keeps the weight 0.
        known = [
            np.unique(block.indices) if isinstance(block, csr_array) else np.arange(block.shape[1]) for block in blocks
        ]
        seen = [
            block[:, columns] if isinstance(block, csr_array) else block.astype(float)
            for block, columns in zip(blocks, known, strict=True)
        ]
        turned = [csr_array(block.T) if isinstance(block, csr_array) else block.T for block in seen]
        ends = classes * (1 + np.cumsum([0, *map(len, known)]))

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = [flat[a:b].reshape(-1, classes) for a, b in pairwise(ends)]
            scores = flat[:classes] + sum(block @ weight for block, weight in zip(seen, weights, strict=True))
            total = logsumexp(scores, axis=1)
            value = count @ (total - (shares * scores).sum(axis=1)) + (flat[classes:] ** 2).sum() / 2
            wrong = (np.exp(scores - total[:, None]) - shares) * count[:, None]
            slopes = [(block @ wrong + weight).ravel() for block, weight in zip(turned, weights, strict=True)]
            return float(value) / rows, np.concatenate([wrong.sum(axis=0), *slopes]) / rows

        steps = {"maxiter": self.rounds, "gtol": self.tolerance, "ftol": 1e-9, "maxcor": 5}
        found = minimize(loss, np.zeros(ends[-1]), jac=True, method="L-BFGS-B", options=steps)
        self.intercept: np.ndarray = found.x[:classes]
        self.rounds_taken: int = found.nit
        self.weights: list[np.ndarray] = []
        for block, columns, (a, b) in zip(blocks, known, pairwise(ends), strict=True):
            table = np.zeros((block.shape[1], classes))
            table[columns] = found.x[a:b].reshape(-1, classes)
            self.weights.append(table)
        return self

    def scores(self, blocks: Sequence[Block]) -> np.ndarray:
        """Return the score of each class, shape (n, classes). Their softmax are the probabilities."""
        logits: np.ndarray = self.intercept + sum(
            block @ part for block, part in zip(blocks, self.weights, strict=True)
        )
        return logits
