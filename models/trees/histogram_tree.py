"""A regression tree over histograms, grown leaf by leaf where the gain is largest.

Source: Chen and Guestrin, "XGBoost" (2016), equations 5 to 7 (weight of a leaf, gain of a split); Ke et al., "LightGBM"
(2017), algorithm 1 (histograms); the histogram of the larger child is that of its parent less that of the smaller one.

Reference: all splits of 200 rows for the first one, the squared error within 1e-6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.histograms import histograms


class Growth(NamedTuple):
    """How a tree grows. penalty: lambda, of the squared weights."""

    leaves: int = 31
    smallest: int = 20  # rows of a leaf
    penalty: float = 0.0


class Split(NamedTuple):
    """The best split of a leaf: rows with a bin up to `upto` go left."""

    gain: float
    feature: int
    upto: int


class Tree:
    """Splits, as arrays by node; a leaf has feature -1."""

    def __init__(self) -> None:
        self.feature, self.upto, self.left, self.value = [-1], [0], [-1], [0.0]

    def grow(
        self, bins: np.ndarray, width: int, gradient: np.ndarray, second: np.ndarray, how: Growth
    ) -> list[np.ndarray]:
        """Grow the tree; return the rows of each node, empty for those that were split.

        bins: shape (n, k), below width. gradient, second: shape (n,).
        """

        def histogram(rows: np.ndarray) -> np.ndarray:
            return histograms(bins, rows, width, gradient, second)

        rows_of, sums = [np.arange(len(bins))], [histogram(np.arange(len(bins)))]
        splits = [best(sums[0], how)]
        while sum(column == -1 for column in self.feature) < how.leaves:
            node = int(
                np.argmax(
                    [candidate.gain if self.feature[index] == -1 else -1.0 for index, candidate in enumerate(splits)]
                )
            )
            split, rows = splits[node], rows_of[node]
            if split.gain <= 0:
                break
            goes_left = bins[rows, split.feature] <= split.upto
            parts = [rows[goes_left], rows[~goes_left]]
            small = int(len(parts[1]) < len(parts[0]))
            halves = [np.empty(0)] * 2
            halves[small] = histogram(parts[small])
            halves[1 - small] = sums[node] - halves[small]
            self.feature[node], self.upto[node], self.left[node] = split.feature, split.upto, len(self.feature)
            for part, own in zip(parts, halves, strict=True):
                self.feature.append(-1)
                self.upto.append(0)
                self.left.append(-1)
                self.value.append(0.0)
                rows_of.append(part)
                sums.append(own)
                splits.append(best(own, how))
            rows_of[node], sums[node] = np.empty(0, int), np.empty(0)
        for node, rows in enumerate(rows_of):
            if len(rows):
                self.value[node] = -gradient[rows].sum() / (second[rows].sum() + how.penalty)
        return rows_of

    def predict(self, bins: np.ndarray) -> np.ndarray:
        """Return the value of each row's leaf, shape (n,)."""
        feature, upto, left = np.array(self.feature), np.array(self.upto), np.array(self.left)
        node, rows = np.zeros(len(bins), int), np.arange(len(bins))
        while (inner := feature[node] >= 0).any():
            parents, which = node[inner], rows[inner]
            node[inner] = left[parents] + (bins[which, feature[parents]] > upto[parents])
        return np.array(self.value)[node]


def best(sums: np.ndarray, how: Growth) -> Split:
    """Return the split with the largest gain. sums: of gradient, second derivative and rows, shape (3, k, width)."""
    gradient, second, count = np.cumsum(sums, axis=2)
    whole = [part[:, -1:] for part in (gradient, second, count)]

    def score(slope: np.ndarray, curve: np.ndarray) -> np.ndarray:
        return slope**2 / np.maximum(curve + how.penalty, 1e-12)

    gain = score(gradient, second) + score(whole[0] - gradient, whole[1] - second) - score(whole[0], whole[1])
    gain[(count < how.smallest) | (whole[2] - count < how.smallest)] = 0
    place = int(gain.argmax())
    return Split(float(gain.flat[place]), *divmod(place, gain.shape[1]))
