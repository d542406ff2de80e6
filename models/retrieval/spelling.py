"""Did you mean: for a word that no document has, the most frequent of the nearest known words.

The distance counts letters added, left out, changed, and neighbours exchanged. Source: Damerau (1964); the recurrence
with exchanges of neighbours, optimal string alignment, is that of Boytsov, "Indexing methods for approximate dictionary
searching" (2011), section 2. It is computed for all known words of a length at once.

Reference: the definition by hand, one pair of words at a time, exactly.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import numpy as np

from models.retrieval.analysis import WORD, folded
from models.retrieval.directory import Index

LONG = 8  # letters from which on two mistakes are corrected; shorter words may have one
SHORT = 4  # words with fewer letters are left as they are


def distances(word: str, others: np.ndarray) -> np.ndarray:
    """Return the distance of a word to each of some words of one length, shape (n,). others: letters, shape (n, m)."""
    signs = [ord(letter) for letter in word]
    n, m = others.shape
    before = np.zeros((m + 1, n), np.int64)
    row = np.repeat(np.arange(m + 1)[:, None], n, axis=1)
    for i, letter in enumerate(signs, 1):
        older, before, row = before, row, np.full((m + 1, n), i)
        for j in range(1, m + 1):
            changed = before[j - 1] + (others[:, j - 1] != letter)
            row[j] = np.minimum(np.minimum(before[j], row[j - 1]) + 1, changed)
            if i > 1 and j > 1:
                crossed = (others[:, j - 1] == signs[i - 2]) & (others[:, j - 2] == letter)
                row[j] = np.where(crossed, np.minimum(row[j], older[j - 2] + 1), row[j])
    return row[m]


class Speller:
    """Knows the words of an index, and how often each occurs; those of deleted documents until they are merged."""

    def __init__(self, index: Index):
        self.index = index
        self.words = sum((Counter(part.words) for part in index.segments), Counter[str]())
        by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self.words):
            by_length[len(word)].append(word)
        self.known = {length: (group, letters(group)) for length, group in by_length.items()}
        self.bags = {length: bags(written) for length, (_, written) in self.known.items()}

    def near(self, word: str) -> list[tuple[int, str]]:
        """Return the known words that are near enough, each with its distance: the nearest and most frequent first."""
        most = 0 if len(word) < SHORT else 1 if len(word) < LONG else 2
        found = []
        for length in range(len(word) - most, len(word) + most + 1):
            if length in self.known:
                group, written = self.known[length]
                # A mistake changes the letters, whatever their order, by at most two.
                apart = np.abs(self.bags[length] - bags(letters([word]))).sum(axis=1)
                near = np.flatnonzero(apart <= 2 * most)
                far = distances(word, written[near])
                found += [(int(far[index]), group[near[index]]) for index in np.flatnonzero(far <= most)]
        return sorted(found, key=lambda pair: (pair[0], -self.words[pair[1]], pair[1]))

    def corrected(self, text: str) -> str | None:
        """Return a query with its unknown words replaced by known ones, or None where nothing is replaced."""
        analyzer = self.index.manifest.analyzer

        def replacement(match: re.Match[str]) -> str:
            if all(any(term in part.numbers for part in self.index.segments) for term in analyzer.terms(match[0])):
                return match[0]
            return next((word for _, word in self.near(folded(match[0]))), match[0])

        corrected = WORD.sub(replacement, text)
        return corrected if corrected != text else None


def letters(words: list[str]) -> np.ndarray:
    """Return the letters of words of one length as numbers, shape (n, length)."""
    return np.array([[ord(letter) for letter in word] for word in words])


def bags(written: np.ndarray) -> np.ndarray:
    """Return how many letters of each kind words have, by the last five bits of a letter, shape (n, 32)."""
    kinds = written % 32
    return np.stack([(kinds == kind).sum(axis=1) for kind in range(32)], axis=1).astype(np.int16)
