"""User-based nearest neighbours, from scratch: items of the people whose ratings are most alike.

Reference: sklearn.neighbors.NearestNeighbors, scores within 1e-4.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from models.recommendation.histories import Histories, Items


class UserKnn:
    """The score of an item is the sum of the cosines with the `neighbours` most alike people who have rated it.

    Source: Resnick et al., GroupLens: An open architecture for collaborative filtering of netnews, 1994.
    """

    def __init__(self, neighbours: int = 60):
        self.neighbours = neighbours

    def fit(self, past: Histories, items: Items, seed: int = 0) -> UserKnn:
        """Keep who has rated what."""
        self.seen = past.matrix()
        self.norms = np.sqrt(self.seen.getnnz(axis=1))
        return self

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m)."""
        scores: np.ndarray = np.asarray(sp.csr_matrix(self.cosines(histories)) @ self.seen.toarray(), dtype=np.float32)
        return scores

    def cosines(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the cosine of each history with each person who is among its neighbours, else 0, shape (n, people)."""
        norms = np.sqrt(np.asarray(histories.multiply(histories).sum(axis=1)))
        cosines: np.ndarray = (histories @ self.seen.T).toarray() / np.maximum(norms * self.norms, 1e-9)
        if self.neighbours < cosines.shape[1]:
            least = -np.partition(-cosines, self.neighbours - 1, axis=1)[:, self.neighbours - 1 : self.neighbours]
            cosines[cosines < least] = 0
        return cosines
