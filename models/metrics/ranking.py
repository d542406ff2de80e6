"""Ranked lists: the highest scores, and how good what they show is.

Reference: sklearn.metrics.ndcg_score, 1e-6.
"""

from collections.abc import Sequence

import numpy as np


def top(scores: np.ndarray, seen: np.ndarray, k: int) -> np.ndarray:
    """Return the k items of the highest scores, the best first, without those seen; ties by position, shape (n, k)."""
    scores = np.where(seen, -np.inf, scores)
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def ndcg(ranked: np.ndarray, relevant: Sequence[np.ndarray], k: int = 10) -> np.ndarray:
    """Return the normalized discounted cumulative gain of the first k places, shape (n,).

    ranked: items by place, shape (n, at least k). relevant: the items that count, each the same, of each of n lists.
    Source: Jarvelin and Kekalainen, Cumulated gain-based evaluation of IR techniques, 2002.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gains = [np.isin(row[:k], held) @ discounts for row, held in zip(ranked, relevant, strict=True)]
    ideal = [discounts[: len(held)].sum() for held in relevant]
    scores: np.ndarray = np.array(gains) / np.array(ideal)
    return scores


def recall(ranked: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    """Return the share of the relevant items that are among those ranked, shape (n,)."""
    return np.array([np.isin(held, row).mean() for row, held in zip(ranked, relevant, strict=True)])


def coverage(ranked: np.ndarray, items: int, k: int = 10) -> float:
    """Return the share of all items that anybody is shown in the first k places."""
    return len(np.unique(ranked[:, :k])) / items
