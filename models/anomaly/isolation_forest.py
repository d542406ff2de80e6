"""Isolation forest, and extended: rows that random cuts separate early are unusual.

Source: Liu, Ting and Zhou, "Isolation forest" (2008), equations 1 and 2; Hariri, Carrasco Kind and Brunner, "Extended
isolation forest" (2019): a cut is a random plane through a random point, not across one column alone.

Reference: sklearn.ensemble.IsolationForest, scores of the plain forest within 0.03.
"""

from __future__ import annotations

from typing import Any

import numpy as np

EULER = 0.5772156649015329


def path_length(count: np.ndarray | float) -> np.ndarray:
    """Return the mean depth of a search that fails among `count` rows: what a leaf of so many rows still hides."""
    count = np.asarray(count, dtype=float)
    several = np.maximum(count, 3)
    length = 2 * (np.log(several - 1) + EULER) - 2 * (several - 1) / several
    return np.where(count > 2, length, np.where(count == 2, 1.0, 0.0))


class IsolationForest:
    """Trees of random cuts over samples of rows. extended: cut by planes, of which each column has a part."""

    def __init__(self, trees: int = 100, sample: int = 256, extended: bool = False, seed: int = 0):
        self.trees, self.sample, self.extended, self.seed = trees, sample, extended, seed

    def fit(self, x: np.ndarray) -> IsolationForest:
        """Grow the trees. x: shape (n, d)."""
        random = np.random.default_rng(self.seed)
        self.size = min(self.sample, len(x))
        self.depth = int(np.ceil(np.log2(max(self.size, 2))))
        self.forest = [
            self._grow(x[random.choice(len(x), self.size, replace=False)], 0, random) for _ in range(self.trees)
        ]
        return self

    def score(self, x: np.ndarray) -> np.ndarray:
        """Return 2^(-mean depth / the depth to be expected), shape (n,): near 1 is unusual, below 0.5 is not."""
        depths = np.zeros(len(x))
        for tree in self.forest:
            self._descend(tree, x, np.arange(len(x)), depths)
        return np.asarray(2 ** (-depths / self.trees / path_length(self.size)))

    def _grow(self, x: np.ndarray, depth: int, random: np.random.Generator) -> tuple[Any, ...]:
        low, high = x.min(axis=0), x.max(axis=0)
        wide = np.flatnonzero(high > low)
        if depth >= self.depth or len(x) <= 1 or not len(wide):
            return (depth + float(path_length(len(x))),)
        normal = np.zeros(x.shape[1])
        columns = wide if self.extended else [random.choice(wide)]
        normal[columns] = random.normal(size=len(wide)) if self.extended else 1.0
        through = random.uniform(low, high) @ normal
        below = x @ normal < through
        parts = (self._grow(x[side], depth + 1, random) if side.any() else (depth + 1.0,) for side in (below, ~below))
        return (normal, through, *parts)

    def _descend(self, node: tuple[Any, ...], x: np.ndarray, rows: np.ndarray, depths: np.ndarray) -> None:
        if len(node) == 1:
            depths[rows] += node[0]
            return
        normal, through, left, right = node
        below = x[rows] @ normal < through
        for side, child in ((below, left), (~below, right)):
            if side.any():
                self._descend(child, x, rows[side], depths)
