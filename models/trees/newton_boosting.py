"""Gradient boosting from scratch: trees over histograms, each a Newton step of the loss.

Reference: lightgbm.train with like settings, an error of three folds at most 1 % above for each of five losses.
"""

from __future__ import annotations

import numpy as np

from models.trees.histogram_tree import Growth, Tree
from models.trees.losses import SQUARED, Loss

DEFAULT = Growth()


class Booster:
    """A sum of trees. Source: Friedman (2001), algorithm 1; Chen and Guestrin (2016), section 2.2."""

    def __init__(
        self, loss: Loss = SQUARED, rounds: int = 100, rate: float = 0.1, how: Growth = DEFAULT, width: int = 255
    ):
        """rate: the share of each step. width: the number of bins of a column."""
        self.loss, self.rounds, self.rate, self.how, self.width = loss, rounds, rate, how, width

    def fit(self, matrix: np.ndarray, target: np.ndarray) -> Booster:
        """Return the booster. matrix: shape (n, k), no NaN. target: shape (n,); 0 and 1 for the logistic loss."""
        self.edges = [edges(column, self.width) for column in matrix.T]
        bins, self.trees = self.bins(matrix), []
        self.start = self.loss.start(target)
        margin = np.full(len(target), self.start)
        for _ in range(self.rounds):
            tree = Tree()
            rows_of = tree.grow(bins, self.width, *self.loss.slopes(target, margin), self.how)
            for node, rows in enumerate(rows_of):
                if len(rows):
                    if self.loss.level is not None:
                        tree.value[node] = float(np.quantile((target - margin)[rows], self.loss.level))
                    tree.value[node] *= self.rate
                    margin[rows] += tree.value[node]
            self.trees.append(tree)
        return self

    def bins(self, matrix: np.ndarray) -> np.ndarray:
        """Return the bin of each value, shape (n, k)."""
        pairs = zip(self.edges, matrix.T, strict=True)
        return np.column_stack([np.searchsorted(cut, column) for cut, column in pairs])

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return the margin of each row, shape (n,): for the logistic loss, log-odds."""
        bins = self.bins(matrix)
        steps = np.sum([tree.predict(bins) for tree in self.trees], axis=0)
        return np.asarray(self.start + steps)


def edges(column: np.ndarray, width: int) -> np.ndarray:
    """Return the upper edges of bins with about as many rows each: midpoints of neighbouring values."""
    values = np.unique(column)
    middle: np.ndarray = (values[:-1] + values[1:]) / 2
    if len(middle) < width:
        return middle
    ranks = np.searchsorted(np.sort(column), middle)  # rows below each midpoint
    wanted = np.arange(1, width) * len(column) / width
    return np.asarray(middle[np.unique(np.clip(np.searchsorted(ranks, wanted), 0, len(middle) - 1))])
