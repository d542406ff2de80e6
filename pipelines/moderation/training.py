"""From tweets to what is served: the levels of the classes come from tweets whose unit the score has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from models.encoder import minilm
from pipelines.moderation import decisions, reading
from pipelines.moderation.data import CLASSES
from pipelines.moderation.model import ModerationModel
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Kind, simple

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 3


def fit(
    rows: pd.DataFrame, weights: Mapping[str, Path], score: Callable[[], Kind], seed: int, int8: bool = False
) -> ModerationModel:
    """Return the model of a kind of score, fitted on all rows.

    score: makes a new one. seed: of the folds. int8: whether MiniLM reads in 8 bits. Raises CapstanError for too few
    tweets.
    """
    texts, shares, units = rows["text"].tolist(), shares_of(rows), rows["unit"].to_numpy()
    if len(np.unique(units)) < FOLDS:
        raise CapstanError(f"{len(rows)} tweets are too few to learn from. Give more.")
    content = minilm.quantized(weights) if int8 else None
    encoder = minilm.in_int8(weights, content) if content else minilm.shared(weights)
    read = reading.read(texts, encoder.embed(texts))
    own, other = (levelled(kind, read, shares, units, seed) for kind in (score, simple))
    words = frozenset(word.name for text in texts for word in reading.tokens(text))
    return ModerationModel(*own, words, max(map(len, texts)), *other, weights, content)


def shares_of(rows: pd.DataFrame) -> np.ndarray:
    """Return the share of the annotators who said each class, shape (n, 3)."""
    counts = rows[list(CLASSES)].to_numpy(float)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def levelled(
    score: Callable[[], Kind], read: Read, shares: np.ndarray, units: np.ndarray, seed: int
) -> tuple[Kind, np.ndarray]:
    """Return the score, fitted on all tweets, and the levels of its classes, from votes out of fold."""
    levels = decisions.best_levels(out_of_fold(score, read, shares, units, seed)[1], shares.argmax(axis=1))
    return score().fit(read, shares), levels


def folds(units: np.ndarray, seed: int, count: int = FOLDS) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the places to learn from and to hold out of each fold. A unit is never on both sides."""
    known, codes = np.unique(units, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(known))[codes] % count
    for number in range(count):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def out_of_fold(
    score: Callable[[], Kind], read: Read, shares: np.ndarray, units: np.ndarray, seed: int, count: int = FOLDS
) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and votes of each tweet by a score that was fitted on the other folds, shapes (n, 3)."""
    scores, votes = np.empty_like(shares), np.empty_like(shares)
    for past, held in folds(units, seed, count):
        fitted, asked = score().fit(read.at(past), shares[past]), read.at(held)
        scores[held], votes[held] = fitted.scores(asked), fitted.votes(asked)
    return scores, votes
