"""From messages to what is served: the calibration comes from messages whose group the score has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.encoder import minilm
from models.linear import platt
from models.text import near_copies
from pipelines.spam import guard
from pipelines.spam.model import SpamModel
from pipelines.spam.scores import Counts, Meant, Simple, rows_of

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
Folds = list[tuple[np.ndarray, np.ndarray]]


def fit(rows: pd.DataFrame, weights: Mapping[str, Path], seed: int) -> SpamModel:
    """Return the model that is served, fitted on all rows. weights: the paths of MiniLM's files."""
    content, texts, today = minilm.quantized(weights), rows["text"].tolist(), guard.known()["text"].tolist()
    encoder = minilm.in_int8(weights, content)
    counts, others = (Meant.counts(part, encoder.embed(part)) for part in (texts, today))
    model = of(rows, Meant, counts, seed, weights, content)
    spam, score = rows["spam"].to_numpy().astype(int), model.score
    assert isinstance(score, Meant)
    parts = folds(spam, near_copies.groups(texts), seed)
    model.guard = guard.fit(score.matrix(counts), score.matrix(others), spam, parts, seed)
    return model


def of(
    rows: pd.DataFrame,
    score: Callable[[int], Any],
    counts: Counts,
    seed: int,
    weights: Mapping[str, Path],
    int8: bytes | None = None,
) -> SpamModel:
    """Return the model of a kind of score, fitted on all rows. score: makes a new one of a seed. counts: of the rows.

    weights, int8: of MiniLM, where the score has its vectors.
    """
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    parts = folds(spam, near_copies.groups(texts), seed)
    own, line = calibrated(score, counts, spam, parts, seed)
    simple, simple_line = calibrated(Simple, Simple.counts(texts), spam, parts, seed)
    return SpamModel(own, line, words(texts), max(map(len, texts)), simple, simple_line, weights, int8)


def calibrated(
    score: Callable[[int], Any], counts: Counts, spam: np.ndarray, parts: Folds, seed: int
) -> tuple[Any, tuple[float, float]]:
    """Return the score, fitted on all messages, and the line of its calibration, from margins out of fold."""
    line = platt.line(out_of_fold(score, counts, spam, parts, seed), spam)
    return score(seed).fit(counts, spam), line


def words(texts: list[str]) -> frozenset[str]:
    """Return every word of the messages, as `pipelines.spam.grams` names them."""
    from pipelines.spam import grams

    return frozenset(token.name for text in texts for token in grams.tokens(text))


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
