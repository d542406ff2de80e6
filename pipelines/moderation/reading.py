"""What is read of a text before anything is learned: runs of words and of characters, and MiniLM's vector."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from models.text import text_grams
from models.text.hashed_tfidf import columns, counted
from models.text.text_grams import Gram

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]|_")  # a word, a number, or one sign
RUN = 2  # words of the longest run
SHORTEST, LONGEST = 2, 5  # characters of a run
WORDS, CHARACTERS = 2**17, 2**18  # columns
NAME = attrgetter("name")


class Read(NamedTuple):
    """Of n texts. words: (n, WORDS), characters: (n, CHARACTERS), vectors: (n, 384)."""

    words: csr_array
    characters: csr_array
    vectors: np.ndarray

    def at(self, rows: np.ndarray) -> Read:
        """Return some of the texts. rows: their places."""
        return Read(*(part[rows] for part in self))


class Runs(NamedTuple):
    """The runs of a text, each with its place, and the columns that they count in."""

    words: list[Gram]
    characters: list[Gram]
    columns: tuple[np.ndarray, np.ndarray]


def runs(text: str) -> Runs:
    """Return the runs of a text."""
    found = words(text), characters(text)
    return Runs(*found, (columns(map(NAME, found[0]), WORDS), columns(map(NAME, found[1]), CHARACTERS)))


def read(texts: Sequence[str], vectors: np.ndarray, found: Sequence[Runs] | None = None) -> Read:
    """Return what is read of some texts. vectors: MiniLM's, shape (n, 384). found: their runs, where they are known."""
    each = [run.columns for run in (map(runs, texts) if found is None else found)]
    return Read(counted((pair[0] for pair in each), WORDS), counted((pair[1] for pair in each), CHARACTERS), vectors)


def words(text: str) -> list[Gram]:
    """Return the runs of one and two words, in lower case."""
    return list(text_grams.runs(tokens(text), RUN))


def tokens(text: str) -> list[Gram]:
    """Return the words, numbers and signs, in lower case."""
    return text_grams.tokens(text_grams.lowered(text), WORD)


def characters(text: str) -> list[Gram]:
    """Return the runs of characters, in lower case."""
    return list(text_grams.characters(text_grams.lowered(text), SHORTEST, LONGEST))
