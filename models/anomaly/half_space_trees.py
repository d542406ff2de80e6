"""Half-space trees: a stream falls through cells that were fixed before; where few fell in the last window is unusual.

Source: Tan, Ting and Liu, "Fast anomaly detection for streaming data" (2011), algorithms 1 to 3. The mass of a node
counts the last whole window; a score is the mass times 2^depth where the descent ends, summed over trees.
"""

from __future__ import annotations

import numpy as np


class HalfSpaceTrees:
    """Columns are expected between 0 and 1. small: a node with fewer rows ends the descent."""

    def __init__(self, trees: int = 25, depth: int = 8, window: int = 250, small: float = 0.1, seed: int = 0):
        self.trees, self.depth, self.window, self.seed = trees, depth, window, seed
        self.small = small * window

    def start(self, columns: int) -> HalfSpaceTrees:
        """Draw the trees, which need no data. A node i has the children 2i + 1 and 2i + 2."""
        random = np.random.default_rng(self.seed)
        inner = 2**self.depth - 1
        self.column = random.integers(0, columns, (self.trees, inner))
        self.cut = np.empty((self.trees, inner))
        for tree in range(self.trees):
            middle = random.uniform(size=columns)
            around = 2 * np.maximum(middle, 1 - middle)
            self._cuts(tree, 0, middle - around, middle + around)
        self.mass = np.zeros((self.trees, 2 * inner + 1))
        self.latest = np.zeros_like(self.mass)
        self.count = 0
        return self

    def _cuts(self, tree: int, node: int, low: np.ndarray, high: np.ndarray) -> None:
        if node >= self.cut.shape[1]:
            return
        column = self.column[tree, node]
        self.cut[tree, node] = middle = (low[column] + high[column]) / 2
        left, right = high.copy(), low.copy()
        left[column] = right[column] = middle
        self._cuts(tree, 2 * node + 1, low, left)
        self._cuts(tree, 2 * node + 2, right, high)

    def path(self, row: np.ndarray) -> np.ndarray:
        """Return the nodes of a row in each tree, from the root to a leaf, shape (trees, depth + 1)."""
        every = np.arange(self.trees)
        nodes = np.zeros((self.trees, self.depth + 1), dtype=int)
        for level in range(self.depth):
            node = nodes[:, level]
            right = row[self.column[every, node]] >= self.cut[every, node]
            nodes[:, level + 1] = 2 * node + 1 + right
        return nodes

    def step(self, row: np.ndarray) -> float:
        """Return the score of a row, from the window before, and count the row. Higher is more unusual."""
        nodes, every = self.path(row), np.arange(self.trees)[:, np.newaxis]
        mass = self.mass[every, nodes]
        ends = np.where((mass < self.small).any(axis=1), (mass < self.small).argmax(axis=1), self.depth)
        found = float((mass[np.arange(self.trees), ends] * 2.0**ends).sum())
        self.latest[every, nodes] += 1
        self.count += 1
        if self.count % self.window == 0:
            self.mass, self.latest = self.latest, np.zeros_like(self.latest)
        return -found
