"""Runs of words and of characters of a text, each with the place in the text that it is of.

Reference: sklearn.feature_extraction.text.CountVectorizer, counts exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

WORD = re.compile(r"\w\w+")  # what scikit-learn takes for a word by default
UNBROKEN = re.compile(r"\S+")


class Gram(NamedTuple):
    """A run, as it is counted, and where it begins and ends in the text."""

    name: str
    start: int
    end: int


def lowered(text: str) -> str:
    """Return a text in lower case, of the same length: a few letters become longer in lower case, and stay."""
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)


def tokens(text: str, word: re.Pattern[str] = WORD) -> list[Gram]:
    """Return the words of a text, as they are spelled, in their order."""
    return [Gram(match.group(), *match.span()) for match in word.finditer(text)]


def runs(words: list[Gram], longest: int) -> Iterator[Gram]:
    """Yield each run of one to `longest` words, joined by blanks: scikit-learn's `analyzer="word"`."""
    for length in range(1, longest + 1):
        for first in range(len(words) - length + 1):
            part = words[first : first + length]
            yield Gram(" ".join(word.name for word in part), part[0].start, part[-1].end)


def characters(text: str, shortest: int, longest: int) -> Iterator[Gram]:
    """Yield each run of so many characters that lies within what no blank breaks: scikit-learn's `char_wb`.

    A blank is put before and after; what is shorter than a run is one run itself, once. The place has no such blank.
    """
    for match in UNBROKEN.finditer(text):
        padded, start, end = f" {match.group()} ", match.start() - 1, match.end()
        for length in range(shortest, longest + 1):
            for first in range(max(len(padded) - length, 0) + 1):
                begin = start + first
                yield Gram(padded[first : first + length], max(begin, start + 1), min(begin + length, end))
            if length >= len(padded):
                break
