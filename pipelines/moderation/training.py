"""From tweets to what is served: the levels of the classes come from tweets whose unit the score has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from models.encoder import minilm
from models.text import linear_svc
from pipelines.moderation import decisions, identity, reading
from pipelines.moderation.data import CLASSES
from pipelines.moderation.model import ModerationModel
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Kind, simple

FOLDS = 3
Counts: TypeAlias = np.ndarray | None


def fit(
    rows: pd.DataFrame,
    weights: Mapping[str, Path],
    score: Callable[[], Kind],
    seed: int,
    int8: bool = False,
    identities: float = identity.WEIGHT,
) -> ModerationModel:
    """Return the model of a kind of score, fitted on all rows.

    score: makes a new one. seed: of the folds. int8: whether MiniLM reads in 8 bits. identities: how often each
    harmless sentence about an identity counts; 0 learns none. Raises CapstanError for too few tweets.
    """
    if rows["unit"].nunique() < FOLDS:
        raise CapstanError(f"{len(rows)} tweets are too few to learn from. Give more.")
    rival = rival_of(rows)
    rows = taught(rows, identities)
    texts, shares, importance = rows["text"].tolist(), shares_of(rows), rows["importance"].to_numpy()
    content = minilm.quantized(weights) if int8 else None
    encoder = minilm.in_int8(weights, content) if content else minilm.shared(weights)
    read = reading.read(texts, encoder.embed(texts))
    own, baseline = (
        levelled(kind, read, shares, rows["unit"].to_numpy(), seed, importance) for kind in (score, simple)
    )
    words = frozenset(word.name for text in texts for word in reading.tokens(text))
    return ModerationModel(*own, words, max(map(len, texts)), *baseline, weights, content, rival)


def rival_of(rows: pd.DataFrame) -> linear_svc.Decider:
    """Return the strongest simple rival, fitted on tweets alone."""
    units = rows["unit"].to_numpy()
    return linear_svc.fit(rows["text"].tolist(), shares_of(rows), units, decisions.COSTS, reading.WORD.pattern)


def taught(rows: pd.DataFrame, weight: float) -> pd.DataFrame:
    """Return tweets and the harmless sentences about identities. A template is a unit, below 0.

    weight: how often a sentence counts where there are tweets enough, in the column `importance`, in which a tweet has
    1. 0 adds none.
    """
    rows = rows.assign(importance=1.0)
    if not weight:
        return rows
    new = identity.to_learn()
    counts = {name: float(name == "neither") for name in CLASSES}
    unit = -1 - pd.factorize(new["template"])[0]
    weight *= min(1, len(rows) / identity.ENOUGH)
    new = new.assign(**counts, importance=weight, unit=unit, row=-1 - np.arange(len(new)))
    return pd.concat([rows, new[rows.columns]], ignore_index=True)


def shares_of(rows: pd.DataFrame) -> np.ndarray:
    """Return the share of the annotators who said each class, shape (n, 3)."""
    counts = rows[list(CLASSES)].to_numpy(float)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def levelled(
    score: Callable[[], Kind], read: Read, shares: np.ndarray, units: np.ndarray, seed: int, counts: Counts = None
) -> tuple[Kind, np.ndarray]:
    """Return the score, fitted on all texts, and the levels of its classes, from votes on tweets out of fold.

    counts: how often each text counts, or 1.
    """
    votes = out_of_fold(score, read, shares, units, seed, counts)[1]
    tweets = units >= 0
    return score().fit(read, shares, counts), decisions.best_levels(votes[tweets], shares[tweets].argmax(axis=1))


def folds(units: np.ndarray, seed: int, count: int = FOLDS) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the places to learn from and to hold out of each fold. A unit is never on both sides."""
    known, codes = np.unique(units, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(known))[codes] % count
    for number in range(count):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def out_of_fold(
    score: Callable[[], Kind], read: Read, shares: np.ndarray, units: np.ndarray, seed: int, counts: Counts = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and votes of each text by a score that was fitted on the other folds, shapes (n, 3)."""
    scores, votes = np.empty_like(shares), np.empty_like(shares)
    for past, held in folds(units, seed):
        weight = None if counts is None else counts[past]
        fitted, asked = score().fit(read.at(past), shares[past], weight), read.at(held)
        scores[held], votes[held] = fitted.scores(asked), fitted.votes(asked)
    return scores, votes
