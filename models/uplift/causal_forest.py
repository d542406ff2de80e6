"""A causal forest: honest trees whose borders part customers by how much the mail does to them.

Wager and Athey, "Estimation and inference of heterogeneous treatment effects using random forests" (2018), procedure 1:
each tree draws a half of the customers, of whom one half chooses the borders and the other one estimates the effects.
A border is chosen by the sum of squared effects of both sides, weighted by their customers: Athey and Imbens,
"Recursive partitioning for heterogeneous causal effects" (2016).

Reference: all borders tried, the gain of the best within 1e-6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.uplift.bins import Bins

TREES, DEPTH, SMALLEST = 40, 4, 100  # customers of each arm in a leaf


@dataclass
class Node:
    """A leaf with its effect, or a border: customers whose bin of a column is at most `border` go left."""

    effect: float
    column: int = -1
    border: int = -1
    left: Node | None = None
    right: Node | None = None


def effect(treated: np.ndarray, y: np.ndarray) -> float:
    """Return the difference of means; NaN where an arm is empty."""
    if not 0 < treated.sum() < len(treated):
        return float("nan")
    return float(y[treated == 1].mean() - y[treated == 0].mean())


def best_border(
    codes: np.ndarray, sizes: list[int], treated: np.ndarray, y: np.ndarray, columns: np.ndarray, smallest: int
) -> tuple[int, int] | None:
    """Return the column and the bin after which to part, or None where no border leaves enough of each arm.

    codes: shape (n, k). The gain is n_left * effect_left ** 2 + n_right * effect_right ** 2.
    """
    best, found = -np.inf, None
    for column in columns:
        counts = [
            np.cumsum(np.bincount(codes[:, column][treated == arm], weights, sizes[column]))
            for arm in (0, 1)
            for weights in (None, y[treated == arm])
        ]
        n0, y0, n1, y1 = (part[:-1] for part in counts)
        m0, z0, m1, z1 = (part[-1] - part[:-1] for part in counts)
        fits = np.minimum.reduce([n0, n1, m0, m1]) >= smallest
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = (n0 + n1) * (y1 / n1 - y0 / n0) ** 2 + (m0 + m1) * (z1 / m1 - z0 / m0) ** 2
        gain = np.where(fits, gain, -np.inf)
        if len(gain) and gain.max() > best:
            best, found = float(gain.max()), (int(column), int(gain.argmax()))
    return found


class HonestTree:
    """One tree."""

    def __init__(self, depth: int = DEPTH, smallest: int = SMALLEST, columns: float = 0.7):
        """columns: the share of them that each border is chosen from."""
        self.depth, self.smallest, self.columns = depth, smallest, columns

    def fit(
        self,
        codes: np.ndarray,
        sizes: list[int],
        treated: np.ndarray,
        y: np.ndarray,
        random: np.random.Generator,
    ) -> HonestTree:
        """Return the tree. codes: bins, shape (n, k). The customers are halved at random."""
        order = random.permutation(len(y))
        choose, estimate = order[: len(y) // 2], order[len(y) // 2 :]
        self.root = self._grow(codes, sizes, treated, y, choose, estimate, random, self.depth)
        return self

    def _grow(
        self,
        codes: np.ndarray,
        sizes: list[int],
        treated: np.ndarray,
        y: np.ndarray,
        choose: np.ndarray,
        estimate: np.ndarray,
        random: np.random.Generator,
        depth: int,
    ) -> Node:
        node = Node(effect(treated[estimate], y[estimate]))
        if not depth:
            return node
        count = codes.shape[1]
        columns = random.choice(count, max(1, round(self.columns * count)), replace=False)
        found = best_border(codes[choose], sizes, treated[choose], y[choose], columns, self.smallest)
        if found is None:
            return node
        parts = [
            (rows[below], rows[~below]) for rows in (choose, estimate) for below in [codes[rows, found[0]] <= found[1]]
        ]
        if any(np.isnan(effect(treated[side], y[side])) for side in parts[1]):
            return node
        node.column, node.border = found
        node.left, node.right = (
            self._grow(codes, sizes, treated, y, choosing, estimating, random, depth - 1)
            for choosing, estimating in zip(*parts, strict=True)
        )
        return node

    def effect(self, codes: np.ndarray) -> np.ndarray:
        """Return the effect of each customer's leaf, shape (n,)."""
        effects = np.empty(len(codes))
        open_nodes = [(self.root, np.arange(len(codes)))]
        while open_nodes:
            node, rows = open_nodes.pop()
            if node.left is None or node.right is None:
                effects[rows] = node.effect
                continue
            below = codes[rows, node.column] <= node.border
            open_nodes += [(node.left, rows[below]), (node.right, rows[~below])]
        return effects


class CausalForest:
    """The mean of honest trees, each of a half of the customers."""

    def __init__(self, seed: int = 0, trees: int = TREES):
        self.seed, self.count = seed, trees

    def fit(self, x: np.ndarray, treated: np.ndarray, y: np.ndarray) -> CausalForest:
        """Return the forest, fitted. x: shape (n, k). treated, y: 0 or 1, shape (n,)."""
        random = np.random.default_rng(self.seed)
        self.bins = Bins(x)
        codes, sizes = self.bins.codes(x), self.bins.sizes()
        self.trees = []
        for _ in range(self.count):
            rows = random.permutation(len(y))[: len(y) // 2]
            self.trees.append(HonestTree().fit(codes[rows], sizes, treated[rows], y[rows], random))
        return self

    def effect(self, x: np.ndarray) -> np.ndarray:
        """Return what the mail adds to the probability of a visit, shape (n,)."""
        codes = self.bins.codes(x)
        return np.asarray(np.mean([tree.effect(codes) for tree in self.trees], axis=0))
