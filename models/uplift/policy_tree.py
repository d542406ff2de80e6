"""A policy tree: two borders deep, and in each of its four leaves the mail that pays most there.

Athey and Wager, "Policy learning with observational data" (2021). Every tree of that depth over the bins is tried.

Reference: all trees of two levels, what the best pays within 1e-6.
"""

from __future__ import annotations

import numpy as np

from models.uplift.bins import Bins

Split = tuple[float, int, int, int, int]  # worth, column, border, the action on the left, that on the right


def best_split(codes: np.ndarray, sizes: list[int], scores: np.ndarray) -> Split:
    """Return the border that is worth most. codes: shape (n, k). scores: what each action is worth, (n, actions)."""
    whole = scores.sum(axis=0)
    best: Split = (float(whole.max()), 0, sizes[0], int(whole.argmax()), int(whole.argmax()))
    for column, size in enumerate(sizes):
        sums = np.stack([np.bincount(codes[:, column], action_scores, size) for action_scores in scores.T], axis=1)
        left = np.cumsum(sums, axis=0)[:-1]
        worth = left.max(axis=1) + (whole - left).max(axis=1)
        if len(worth) and worth.max() > best[0] + 1e-9:
            cut = int(worth.argmax())
            best = (float(worth[cut]), column, cut, int(left[cut].argmax()), int((whole - left[cut]).argmax()))
    return best


class PolicyTree:
    """A border, and one on each of its sides."""

    def fit(self, x: np.ndarray, scores: np.ndarray) -> PolicyTree:
        """Return the tree that is worth most. x: shape (n, k). scores: what each action is worth, (n, actions)."""
        self.bins = Bins(x)
        codes, sizes = self.bins.codes(x), self.bins.sizes()
        best = -np.inf
        for column, size in enumerate(sizes):
            for border in range(size - 1):
                below = codes[:, column] <= border
                if not 0 < below.sum() < len(below):
                    continue
                sides = [best_split(codes[side], sizes, scores[side]) for side in (below, ~below)]
                if sides[0][0] + sides[1][0] > best:
                    best, self.column, self.border, self.sides = sides[0][0] + sides[1][0], column, border, sides
        return self

    def action(self, x: np.ndarray) -> np.ndarray:
        """Return the action for each row, shape (n,)."""
        codes = self.bins.codes(x)
        chosen = []
        for _, column, border, left, right in self.sides:
            chosen.append(np.where(codes[:, column] <= border, left, right))
        return np.asarray(np.where(codes[:, self.column] <= self.border, *chosen))
