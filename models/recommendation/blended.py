"""Neighbours among people for short histories, EASE for long ones, and popularity where next to nothing is known.

Short histories say little about the weights between items, and much about who is alike. The invariants: the scores are
those of neighbours for a short history and of EASE for a long one, and `shares` add up to them.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from models.recommendation.ease import Ease
from models.recommendation.histories import Histories, Items
from models.recommendation.item_to_item import often_rated
from models.recommendation.user_knn import UserKnn


class Blended:
    """A weighted sum of three scores, each with the standard deviation that EASE has for the history.

    Of n items, EASE weighs m^2 / (m^2 + half^2) with m = max(n - few, 0), neighbours the rest, and popularity
    prior / n^2. Items that fewer than LEAST people have rated count for nothing, and have the lowest score.
    """

    def __init__(
        self, ridge: float = 200.0, neighbours: int = 100, few: int = 10, half: float = 5.0, prior: float = 0.0
    ):
        self.ease, self.neighbours = Ease(ridge), UserKnn(neighbours)
        self.few, self.half, self.prior = few, half, prior

    def fit(self, past: Histories, items: Items, seed: int = 0) -> Blended:
        """Fit both methods."""
        seen = past.matrix()
        self.kept = often_rated(seen)
        self.counts = seen[:, self.kept].getnnz(axis=0).astype(np.float32)
        self.ease.fit(past, items, seed)
        self.neighbours.fit(past, items, seed)
        return self

    def weight(self, sizes: np.ndarray) -> np.ndarray:
        """Return how much EASE weighs in histories of so many items, from 0 to 1."""
        more = np.maximum(sizes - self.few, 0)
        weight: np.ndarray = more**2 / (more**2 + self.half**2)
        return weight

    def counted(self, histories: sp.csr_matrix) -> sp.csr_matrix:
        """Return histories without the items that count for nothing."""
        kept = np.zeros(histories.shape[1], np.float32)
        kept[self.kept] = 1
        left = histories.multiply(kept).tocsr()
        left.eliminate_zeros()
        return left

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m)."""
        histories = self.counted(histories)
        sizes = histories.getnnz(axis=1).astype(float)[:, None]
        near, ease, factor, weight, deviation = self._parts(histories)
        popular = self.counts / max(float(self.counts.std()), 1e-9)
        blend = near * factor + ease * weight + self.prior / np.maximum(sizes, 1) ** 2 * popular * deviation
        scores = np.repeat(blend.min(axis=1, keepdims=True), histories.shape[1], axis=1).astype(np.float32)
        scores[:, self.kept] = blend
        return scores

    def shares(self, history: sp.csr_matrix, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the items of one history, and what each adds to the scores of other items, shape (rated, items).

        Both methods are sums over the history: of weights, and of the neighbours who have rated both items.
        """
        history = self.counted(history)
        rated, weights = history.indices, history.data[:, None]
        _, _, factor, weight, _ = self._parts(history)
        column, shown = (np.searchsorted(self.kept, where) for where in (rated, items))
        there = (shown < len(self.kept)) & np.isin(items, self.kept)
        shown = np.where(there, shown, 0)
        people = np.flatnonzero(self.neighbours.cosines(history)[0])
        seen = self.neighbours.seen[people]
        norms = self.neighbours.norms[people] * max(float(np.sqrt((weights**2).sum())), 1e-9)
        near = (seen[:, rated].multiply(1 / norms[:, None]).T @ seen[:, items]).toarray()
        shares = weights * (near * factor[0] + self.ease.weights[np.ix_(column, shown)] * weight[0])
        return rated, np.where(there, shares, 0)

    def _parts(self, histories: sp.csr_matrix) -> tuple[np.ndarray, ...]:
        """Return for the items kept the scores of neighbours and of EASE, the factors of both, and EASE's deviation."""
        near, ease = (method.scores(histories)[:, self.kept] for method in (self.neighbours, self.ease))
        weight = self.weight(histories.getnnz(axis=1).astype(float)[:, None])
        deviations = [np.maximum(part.std(axis=1, keepdims=True), 1e-9) for part in (near, ease)]
        return near, ease, (1 - weight) * deviations[1] / deviations[0], weight, deviations[1]
