"""How good ranked lists are, and whether one method is better than another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.recommender.columns import SHOWN


def ndcg(ranked: np.ndarray, relevant: Sequence[np.ndarray], k: int = SHOWN) -> np.ndarray:
    """Return the normalized discounted cumulative gain of the first k places, shape (n,).

    ranked: films by place, shape (n, at least k). relevant: the films that count, each the same, of each of n people.
    Source: Jarvelin and Kekalainen, Cumulated gain-based evaluation of IR techniques, 2002.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gains = [np.isin(row[:k], held) @ discounts for row, held in zip(ranked, relevant, strict=True)]
    ideal = [discounts[: len(held)].sum() for held in relevant]
    scores: np.ndarray = np.array(gains) / np.array(ideal)
    return scores


def recall(ranked: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    """Return the share of the relevant films that are among those ranked, shape (n,)."""
    return np.array([np.isin(held, row).mean() for row, held in zip(ranked, relevant, strict=True)])


def coverage(ranked: np.ndarray, films: int, k: int = SHOWN) -> float:
    """Return the share of all films that anybody is shown in the first k places."""
    return len(np.unique(ranked[:, :k])) / films


def paired_bootstrap(better: np.ndarray, worse: np.ndarray, repeats: int = 10_000, seed: int = 0) -> dict[str, float]:
    """Return the mean difference of two scores of the same people, its 95 % interval, and the share of samples in which
    it is not above zero."""
    difference = better - worse
    sampled = np.random.default_rng(seed).multinomial(
        len(difference), np.full(len(difference), 1 / len(difference)), repeats
    )
    means = sampled @ difference / len(difference)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "difference": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "p": float((means <= 0).mean()),
    }


def top(scores: np.ndarray, seen: np.ndarray, k: int) -> np.ndarray:
    """Return the k films of the highest scores, the best first, without those seen; ties by position, shape (n, k)."""
    scores = np.where(seen, -np.inf, scores)
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]
