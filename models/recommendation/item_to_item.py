"""What methods share that score an item by the items of a history: one matrix of weights between items."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

LEAST = 3  # ratings that an item needs; of rarer ones nothing can be learned, and the matrix stays small


class ItemToItem:
    """Scores are the history's weights times `weights`, shape (k, k), over the items at the positions `kept`."""

    kept: np.ndarray
    weights: np.ndarray

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m); 0 for items that are not kept."""
        scores = np.zeros(histories.shape, dtype=np.float32)
        scores[:, self.kept] = histories[:, self.kept] @ self.weights
        return scores


def often_rated(seen: sp.csr_matrix) -> np.ndarray:
    """Return the positions of the items that at least LEAST people have rated."""
    return np.flatnonzero(seen.getnnz(axis=0) >= LEAST)


def together(seen: sp.csr_matrix) -> np.ndarray:
    """Return how many people have rated both of two items, shape (k, k)."""
    counts: np.ndarray = (seen.T @ seen).toarray().astype(np.float32)
    return counts
