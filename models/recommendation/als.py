"""Alternating least squares on implicit feedback: the package `implicit` learns the items, histories are folded in.

Reference: implicit's `recalculate_user`, scores within 1e-3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from models.recommendation.histories import Histories, Items


class Als:
    """What is rated counts as 1 with confidence 1 + alpha, all else as 0 with confidence 1.

    Source: Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets, 2008.
    """

    def __init__(self, factors: int = 32, ridge: float = 10.0, alpha: float = 5.0, rounds: int = 15):
        self.factors, self.ridge, self.alpha, self.rounds = factors, ridge, alpha, rounds

    def fit(self, past: Histories, items: Items, seed: int = 0) -> Als:
        """Learn the factors of the items."""
        self.vectors = np.asarray(self.library(past, seed).item_factors)
        self.gram = self.vectors.T @ self.vectors
        return self

    def library(self, past: Histories, seed: int) -> Any:
        """Return the fitted model of `implicit`."""
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, "blas"):  # as implicit asks for: it has its own threads
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.ridge,
                alpha=1.0,
                iterations=self.rounds,
                use_cg=False,
                random_state=seed,
                num_threads=1,
            )
            model.fit(past.matrix() * (1 + self.alpha), show_progress=False)
        return model

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m). What weighs 1 has the confidence 1 + alpha."""
        people = np.stack([self._fold(row) for row in histories]) if histories.shape[0] else np.empty((0, self.factors))
        scores: np.ndarray = people.astype(np.float32) @ self.vectors.T
        return scores

    def _fold(self, history: sp.csr_matrix) -> np.ndarray:
        """Return the factors of a history: the ridge regression of ALS for one person, given the items."""
        vectors, weights = self.vectors[history.indices], (1 + self.alpha) * np.maximum(history.data, 0)
        # implicit's loss: confidence c at 1 for what was rated, 1 at 0 for all items.
        extra = np.maximum(weights - 1, 0)
        left = self.gram + (vectors * extra[:, None]).T @ vectors + self.ridge * np.eye(self.factors)
        solved: np.ndarray = np.linalg.solve(left, vectors.T @ weights)
        return solved
