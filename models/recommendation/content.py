"""Content: items of the genres and the time that a history has. It needs no other people, and knows new items."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from models.recommendation.histories import Histories, Items


class Content:
    """Scores are the cosines of an item's terms with those of the history, plus a share of the item's popularity.

    popularity: what the logarithm of the number of ratings counts, for thousands of items have the same genres.
    """

    def __init__(self, popularity: float = 0.1):
        self.popularity = popularity

    def fit(self, past: Histories, items: Items, seed: int = 0) -> Content:
        """Turn the items into vectors."""
        self.terms = items.terms()
        self.known = np.log1p(past.matrix().getnnz(axis=0)).astype(np.float32)
        return self

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m)."""
        profile = (histories @ self.terms).toarray()
        profile /= np.maximum(np.linalg.norm(profile, axis=1, keepdims=True), 1e-9)
        scores: np.ndarray = (self.terms @ profile.T).T + self.popularity * self.known
        return scores
