"""Two rankings as one."""

from __future__ import annotations

import numpy as np


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return the place of each document in the list of each query, from 1; ties by number.

    scores: shape (n, documents), as the result.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(1, scores.shape[1] + 1)[None], axis=1)
    return places


def reciprocal(scores: list[np.ndarray], constant: float) -> np.ndarray:
    """Return the sum of 1 / (constant + place) over rankings, shape (n, documents).

    Source: Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms Condorcet" (SIGIR 2009).
    """
    total = np.zeros(scores[0].shape)
    for ranking in scores:
        total += 1 / (constant + ranks(ranking))
    return total


def weighted(words: np.ndarray, meanings: np.ndarray, share: float) -> np.ndarray:
    """Return a convex combination of two scores, each scaled from its least possible value to its highest in the list.

    words: BM25, from 0. meanings: cosines, from -1. share: of the meanings.
    Source: Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval" (TOIS 2023), section 4.2.
    """
    return np.asarray(np.add(*parts(words, meanings, share)))


def parts(words: np.ndarray, meanings: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what both add to `weighted`, shapes (n, documents)."""
    first = words / np.maximum(words.max(axis=1, keepdims=True), 1e-12)
    second = (meanings + 1) / (meanings.max(axis=1, keepdims=True) + 1)
    return np.asarray((1 - share) * first), np.asarray(share * second)
