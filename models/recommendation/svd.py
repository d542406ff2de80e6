"""PureSVD: people and items in a few dimensions, by a truncated singular value decomposition.

Reference: numpy.linalg.svd, scores within 1e-3.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from models.recommendation.histories import Histories, Items


class Svd:
    """Scores are the projection of a history onto the first `factors` right singular vectors.

    Source: Cremonesi et al., Performance of recommender algorithms on top-N recommendation tasks, 2010.
    """

    def __init__(self, factors: int = 24):
        self.factors = factors

    def fit(self, past: Histories, items: Items, seed: int = 0) -> Svd:
        """Decompose the matrix of who has rated what."""
        from scipy.sparse.linalg import svds

        # A fixed start: the vectors are then the same in each run.
        start = np.ones(min(len(past), past.m))
        self.vectors = svds(past.matrix(), k=self.factors, v0=start, return_singular_vectors="vh")[2].T
        return self

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m)."""
        scores: np.ndarray = (histories @ self.vectors) @ self.vectors.T
        return scores
