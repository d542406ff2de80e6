"""The settings of the rankings, and the two metrics of a list of abstracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.metrics import ranking


@dataclass(frozen=True)
class Settings:
    """k1, b: of BM25. weight: of the title, where the text has 1. constant: of the fusion by place. share: of MiniLM in
    the weighted one. leaves, rounds: of the forest."""

    k1: float = 0.9
    b: float = 0.5
    weight: float = 2.0
    constant: float = 5
    share: float = 0.75
    leaves: int = 4
    rounds: int = 300


CHOSEN = Settings()  # on the claims to train on, by the study `tune`


def ndcg(scores: np.ndarray, relevant: Sequence[np.ndarray], k: int = 10) -> np.ndarray:
    """Return nDCG of the first k abstracts of each claim, shape (n,)."""
    return ranking.ndcg(ranking.top(scores, np.zeros((1, 1), bool), k), relevant, k)


def recall(scores: np.ndarray, relevant: Sequence[np.ndarray], k: int = 100) -> np.ndarray:
    """Return the share of the relevant abstracts that are among the first k, shape (n,)."""
    return ranking.recall(ranking.top(scores, np.zeros((1, 1), bool), k), relevant)
