"""A quantile forest: the distribution of a new house is that of the houses in its leaves, weighted.

Source: Meinshausen, "Quantile Regression Forests" (2006), equations 4 to 6; Breiman, "Random Forests" (2001). Trees are
those of `boosting/trees.py`, each of rows drawn with replacement and of a share of the columns.

Reference: sklearn.ensemble.RandomForestRegressor with the weights of Meinshausen, a pinball loss less than 5 % above.
"""

from __future__ import annotations

import numpy as np

from models.trees.histogram_tree import Growth, Tree
from models.trees.newton_boosting import edges

WIDTH = 64  # bins of a column


class Forest:
    """Trees, and the rows in each of their leaves."""

    def __init__(self, trees: int = 100, smallest: int = 5, share: float = 0.5, seed: int = 0):
        """smallest: rows of a leaf. share: of the columns of a tree."""
        self.count, self.smallest, self.share, self.seed = trees, smallest, share, seed

    def fit(self, matrix: np.ndarray, target: np.ndarray) -> Forest:
        """Return the forest. matrix: shape (n, k), no NaN. target: shape (n,)."""
        random, rows = np.random.default_rng(self.seed), len(target)
        self.edges = [edges(column, WIDTH) for column in matrix.T]
        bins, how = self._bins(matrix), Growth(leaves=rows, smallest=self.smallest)
        self.target, self.trees, self.leaves = target, [], []
        for _ in range(self.count):
            drawn = random.integers(rows, size=rows)
            columns = random.permutation(matrix.shape[1])[: max(1, round(self.share * matrix.shape[1]))]
            tree = Tree()
            tree.grow(bins[drawn][:, columns], WIDTH, -target[drawn], np.ones(rows), how)
            tree.value = list(range(len(tree.feature)))  # a leaf's value is its number
            self.trees.append((columns, tree))
            self.leaves.append(tree.predict(bins[:, columns]))
        return self

    def weights(self, matrix: np.ndarray) -> np.ndarray:
        """Return the weight of each house that was learned from, shape (m, n): each row adds up to 1."""
        bins, shares = self._bins(matrix), np.zeros((len(matrix), len(self.target)))
        for (columns, tree), leaf in zip(self.trees, self.leaves, strict=True):
            same = tree.predict(bins[:, columns])[:, None] == leaf
            shares += same / np.maximum(same.sum(axis=1, keepdims=True), 1)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def predict(self, matrix: np.ndarray, levels: list[float]) -> np.ndarray:
        """Return the quantiles, shape (m, levels)."""
        order = np.argsort(self.target)
        summed = np.cumsum(self.weights(matrix)[:, order], axis=1)
        places = [np.minimum((summed < level - 1e-12).sum(axis=1), len(order) - 1) for level in levels]
        return np.asarray(self.target[order][np.column_stack(places)])

    def _bins(self, matrix: np.ndarray) -> np.ndarray:
        pairs = zip(self.edges, matrix.T, strict=True)
        return np.column_stack([np.searchsorted(cut, column) for cut, column in pairs])
