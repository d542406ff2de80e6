"""How central each of some things is, by how alike they are: PageRank on a graph with weights.

Sources: Mihalcea and Tarau, "TextRank" (2004), equation 2; Brin and Page (1998), here with ranks that sum to 1.

Reference: numpy.linalg.eig, ranks within 1e-8.
"""

from __future__ import annotations

import numpy as np


def ranks(alike: np.ndarray, damping: float = 0.85, tolerance: float = 1e-10, rounds: int = 1_000) -> np.ndarray:
    """Return the rank of each thing, shape (n,), of sum 1, by power iteration.

    alike: how alike two are, (n, n), not negative; the diagonal does not count. One that is like no other is as near to
    all. tolerance: the change of all ranks together at which it ends. rounds: at most so many.
    """
    count = len(alike)
    moves = transitions(alike)
    rank = np.full(count, 1 / max(count, 1))
    for _ in range(rounds):
        step = (1 - damping) / count + damping * (rank @ moves)
        change = np.abs(step - rank).sum()
        rank = step
        if change < tolerance:
            break
    return rank


def transitions(alike: np.ndarray) -> np.ndarray:
    """Return the probability to go from each thing to each other, (n, n), rows of sum 1."""
    weights = np.array(alike, float)
    np.fill_diagonal(weights, 0)
    sums = weights.sum(axis=1, keepdims=True)
    chances: np.ndarray = np.where(sums > 0, weights / np.where(sums > 0, sums, 1), 1 / max(len(weights), 1))
    return chances


def overlap(one: list[str], other: list[str]) -> float:
    """Return how many words two sentences share, by the logarithms of their lengths: TextRank's own measure."""
    weight = float(np.log(max(len(one), 1)) + np.log(max(len(other), 1)))
    return len(set(one) & set(other)) / weight if weight else 0.0
