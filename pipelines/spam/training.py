"""From messages to what is served: the calibration comes from messages whose group the score has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from models import near_copies, platt
from pipelines.spam.model import SpamModel
from pipelines.spam.scores import Counts, Simple, rows_of

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
Folds = list[tuple[np.ndarray, np.ndarray]]


def fit(rows: pd.DataFrame, score: Callable[[int], Any], seed: int) -> SpamModel:
    """Return the model of a kind of score, fitted on all rows. score: makes a new one of a seed."""
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    parts = folds(spam, near_copies.groups(texts), seed)
    made, lines = [], []
    for kind in (score, Simple):
        counts = kind(seed).counts(texts)
        lines.append(platt.line(out_of_fold(kind, counts, spam, parts, seed), spam))
        made.append(kind(seed).fit(counts, spam))
    longest = max(map(len, texts))
    return SpamModel(made[0], lines[0], words(texts), longest, made[1], lines[1])


def words(texts: list[str]) -> frozenset[str]:
    """Return every word of the messages, as `pipelines.spam.grams` names them."""
    from pipelines.spam import grams

    return frozenset(one.name for text in texts for one in grams.tokens(text))


def folds(spam: np.ndarray, groups: np.ndarray, seed: int) -> Folds:
    """Return the places to learn from and to hold out of each fold, which all have nearly the same share of spam.

    Near copies, which have one group, are never on both sides. spam: 0 or 1. groups: numbers, shapes (n,).
    """
    from sklearn.model_selection import StratifiedGroupKFold

    return list(StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(spam, spam, groups))


def out_of_fold(score: Callable[[int], Any], counts: Counts, spam: np.ndarray, parts: Folds, seed: int) -> np.ndarray:
    """Return the margin of each message by a score that was fitted on the other folds, shape (n,)."""
    margin = np.empty(len(spam))
    for past, held in parts:
        margin[held] = score(seed).fit(rows_of(counts, past), spam[past]).margin(rows_of(counts, held))
    return margin
