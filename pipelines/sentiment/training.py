"""From snippets to what is served: the residuals come from snippets whose unit the score has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from models.text import lexicon
from pipelines.sentiment import reading
from pipelines.sentiment.data import SOURCES
from pipelines.sentiment.model import SentimentModel
from pipelines.sentiment.reading import Read
from pipelines.sentiment.scores import Score, simple

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
FEWEST = 20  # snippets of a source, of which residuals are taken


def fit(rows: pd.DataFrame, weights: Mapping[str, Path], score: Callable[[], Score], seed: int) -> SentimentModel:
    """Return the model of a kind of score, fitted on all rows. score: makes a new one. seed: of the folds.

    Raises CapstanError for too few snippets.
    """
    texts, valence = rows["text"].tolist(), rows["valence"].to_numpy()
    sources, units = rows["source"].to_numpy(), rows["unit"].to_numpy()
    if len(np.unique(units)) < FOLDS:
        raise CapstanError(f"{len(rows)} snippets are too few to learn from. Give more.")
    read = reading.read(texts, sources.tolist(), weights)
    held = valence - out_of_fold(score, read, valence, units, seed)
    words = frozenset(word.name for text in texts for word in lexicon.words(text))
    return SentimentModel(
        score().fit(read, valence), residuals(held, sources), words, max(map(len, texts)),
        simple().fit(read, valence), weights,
    )  # fmt: skip


def residuals(held: np.ndarray, sources: np.ndarray) -> dict[str, np.ndarray]:
    """Return the rising residuals of each source, and of "" for all, which stand for a source with too few."""
    made = {"": np.sort(held)}
    for source in SOURCES:
        own = np.sort(held[sources == source])
        made[source] = own if len(own) >= FEWEST else made[""]
    return made


def folds(units: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the places to learn from and to hold out of each fold. A unit is never on both sides."""
    fold = np.random.default_rng(seed).permutation(units.max() + 1)[units] % FOLDS
    for number in range(FOLDS):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def out_of_fold(
    score: Callable[[], Score], read: Read, valence: np.ndarray, units: np.ndarray, seed: int
) -> np.ndarray:
    """Return the valence of each snippet by a score that was fitted on the other folds, shape (n,)."""
    made = np.full(len(valence), valence.mean())
    for past, held in folds(units, seed):
        if len(past) and len(held):
            made[held] = score().fit(read.at(past), valence[past]).predict(read.at(held))
    return made
