"""Popularity: the same items for everybody, those that most people have rated."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from models.recommendation.histories import Histories, Items


class Popularity:
    """The score of an item is the number of people who have rated it."""

    def fit(self, past: Histories, items: Items, seed: int = 0) -> Popularity:
        """Count."""
        self.counts = past.matrix().getnnz(axis=0).astype(np.float32)
        return self

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m)."""
        return np.tile(self.counts, (histories.shape[0], 1))
