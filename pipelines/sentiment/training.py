"""From snippets to what is served: the residuals come from snippets whose unit the score has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from pipelines.sentiment.sources import Guess, names

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
FEWEST = 20  # snippets of a source, of which residuals are taken


def fit(rows: pd.DataFrame, weights: Mapping[str, Path], score: Callable[[], Score], seed: int) -> SentimentModel:
    """Return the model of a kind of score, fitted on all rows. score: makes a new one. seed: of the folds.

    Raises CapstanError for too few snippets.
    """
    if rows["unit"].nunique() < FOLDS:
        raise CapstanError(f"{len(rows)} snippets are too few to learn from. Give more.")
    return of_read(rows, reading.read(rows["text"].tolist(), rows["source"].tolist(), weights), weights, score, seed)


def of_read(
    rows: pd.DataFrame, read: Read, weights: Mapping[str, Path], score: Callable[[], Score], seed: int
) -> SentimentModel:
    """Return the model of snippets that are read already."""
    texts, valence = rows["text"].tolist(), rows["valence"].to_numpy()
    sources, units = rows["source"].to_numpy(), rows["unit"].to_numpy()
    guessed = guesses(read, units, seed)
    asked = [read, read._replace(sources=guessed)]
    stated, unstated = valence - out_of_fold(score, read, valence, units, seed, asked)
    words = frozenset(word.name for text in texts for word in lexicon.words(text))
    return SentimentModel(
        score().fit(read, valence), Guess().fit(read),
        residuals(stated, sources), residuals(unstated, np.array(names(guessed))),
        words, max(map(len, texts)), simple().fit(read, valence), weights,
    )  # fmt: skip


def residuals(held: np.ndarray, sources: np.ndarray) -> dict[str, np.ndarray]:
    """Return the rising residuals of each source; those of all for a source with too few."""
    by_source = {source: np.sort(held[sources == source]) for source in SOURCES}
    return {source: own if len(own) >= FEWEST else np.sort(held) for source, own in by_source.items()}


def folds(units: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the places to learn from and to hold out of each fold. A unit is never on both sides."""
    fold = np.random.default_rng(seed).permutation(units.max() + 1)[units] % FOLDS
    for number in range(FOLDS):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def out_of_fold(
    score: Callable[[], Score],
    read: Read,
    valence: np.ndarray,
    units: np.ndarray,
    seed: int,
    asked: Sequence[Read],
) -> np.ndarray:
    """Return the valence of each snippet by a score that was fitted on the other folds, shape (asked, n).

    asked: the same snippets, with their sources or with guessed ones.
    """
    predictions = np.full((len(asked), len(valence)), valence.mean())
    for past, held in folds(units, seed):
        if len(past) and len(held):
            fitted = score().fit(read.at(past), valence[past])
            predictions[:, held] = [fitted.predict(each.at(held)) for each in asked]
    return predictions


def guesses(read: Read, units: np.ndarray, seed: int) -> np.ndarray:
    """Return the shares of the sources of each snippet, guessed without its fold, shape (n, 4)."""
    shares = np.full(read.sources.shape, 1 / len(SOURCES))
    for past, held in folds(units, seed):
        if len(past) and len(held):
            shares[held] = Guess().fit(read.at(past)).shares(read.at(held))
    return shares
