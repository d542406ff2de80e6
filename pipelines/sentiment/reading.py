"""What is read of a text before anything is learned: words with what the rules make of them, and MiniLM's vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from models.encoder import minilm
from models.text import lexicon, text_grams
from models.text.hashed_tfidf import columns, counted
from models.text.lexicon import Word
from models.text.text_grams import Gram
from pipelines.sentiment.data import SOURCES

RULED, RUNS = 2**16, 2**17  # columns of words that the rules count, and of runs of words
RUN = 2  # words of the longest run
SPREAD = 15.0  # VADER's: the sum of the valences s becomes s / sqrt(s^2 + 15)
SUMS = ("compound", "sum", "pleasant", "unpleasant", "most pleasant", "most unpleasant")


class Read(NamedTuple):
    """Of n texts. ruled: (n, RULED), runs: (n, RUNS), sums: (n, 6), vectors: (n, 384).

    sources: (n, 4), 1 in the place of the source of each, zeros where it is not known.
    """

    ruled: csr_array
    runs: csr_array
    sums: np.ndarray
    vectors: np.ndarray
    sources: np.ndarray

    def at(self, rows: np.ndarray) -> Read:
        """Return some of the texts. rows: their places."""
        return Read(*(part[rows] for part in self))


@lru_cache(1)
def valences(path: Path) -> dict[str, float]:
    """Return the valences of the words of a lexicon."""
    return lexicon.valences(path)


def read(
    texts: Sequence[str],
    sources: Sequence[str | None],
    weights: Mapping[str, Path],
    vectors: np.ndarray | None = None,
) -> Read:
    """Return what is read of some texts. weights: the paths of the task's WEIGHTS. vectors: where they are known."""
    words = [lexicon.words(text) for text in texts]
    known = valences(weights["lexicon"])
    if vectors is None:
        vectors = minilm.shared(weights).embed(texts)
    sums = np.array([added(valued(each, known)).sum(axis=0) for each in words]).reshape(len(texts), len(SUMS))
    counts = counted(([run.name for run in runs(each)] for each in words), RUNS)
    return Read(ruled(words), counts, sums, vectors, coded(sources))


def coded(sources: Sequence[str | None]) -> np.ndarray:
    """Return 1 in the place of the source of each text, shape (n, 4)."""
    flags = [float(source == name) for source in sources for name in SOURCES]
    return np.array(flags).reshape(len(sources), len(SOURCES))


def runs(words: Sequence[Word]) -> list[Gram]:
    """Return the runs of one and two words."""
    return list(text_grams.runs([Gram(word.name, word.start, word.end) for word in words], RUN))


def ruled(texts: Sequence[Sequence[Word]]) -> csr_array:
    """Return how much each word counts in each text, every text of length 1, shape (n, RULED)."""
    ends = np.cumsum([0, *map(len, texts)])
    places = columns((word.name for words in texts for word in words), RULED)
    matrix = csr_array(
        (np.array([word.weight for words in texts for word in words]), places, ends), (len(texts), RULED)
    )
    matrix.sum_duplicates()
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    matrix.data /= np.repeat(np.maximum(length, 1), np.diff(matrix.indptr))
    return matrix


def valued(words: Sequence[Word], known: Mapping[str, float]) -> np.ndarray:
    """Return the valence of each word by the lexicon, as the rules count it, shape (words,)."""
    return np.array([known.get(word.name, 0.0) * word.weight for word in words])


def added(values: np.ndarray) -> np.ndarray:
    """Return what each word adds to each of `SUMS`, shape (words, 6).

    The compound is VADER's; sums are divided by the root of the number of words; the most and the least pleasant word
    count by themselves once more.
    """
    terms = np.zeros((len(values), len(SUMS)))
    if len(values):
        root, total = np.sqrt(len(values)), values.sum()
        terms[:, 0] = values / np.sqrt(total**2 + SPREAD)
        terms[:, 1] = values / root
        terms[:, 2], terms[:, 3] = np.maximum(values, 0) / root, np.minimum(values, 0) / root
        terms[values.argmax(), 4] = max(values.max(), 0.0)
        terms[values.argmin(), 5] = min(values.min(), 0.0)
    return terms
