"""What is seen at a token: the word, its shape, its begin and end, its neighbours, and what small letters leave out.

Source: Ratinov and Roth, "Design Challenges and Misconceptions in Named Entity Recognition" (2009).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
from scipy.sparse import csr_array

from models.tagging.names import Tokens

SEEN = 2  # sentences' tokens that have a column, at least
CASES = 7


def shape(word: str) -> str:
    """Return a word with each run of capitals as X, of small letters as x, of digits as 9."""
    return re.sub(r"9+", "9", re.sub(r"x+", "x", re.sub(r"X+", "X", _signs(word))))


def _signs(word: str) -> str:
    return "".join("X" if s.isupper() else "x" if s.isalpha() else "9" if s.isdigit() else s for s in word)


def own(word: str) -> list[str]:
    """Return what is seen of a word alone."""
    small = word.lower()
    features = [f"w={small}", f"s={shape(word)}", f"d={_signs(word)[:6]}"]
    features += [f"p{size}={small[:size]}" for size in (2, 3, 4)] + [
        f"e{size}={small[-size:]}" for size in (1, 2, 3, 4)
    ]
    return features


def seen(sentence: Tokens) -> list[list[str]]:
    """Return what is seen at each token of a sentence: itself, two tokens before and behind, and where it stands."""
    alone = [own(word) for word in sentence]
    small, shapes = [word.lower() for word in sentence], [shape(word) for word in sentence]
    loud = sum(word.isupper() for word in sentence) > len(sentence) / 2
    rows = []
    for place, features in enumerate(alone):
        row = [*features, "all", f"first={place == 0}", f"loud={loud},{shapes[place]}"]
        for step in (-2, -1, 1, 2):
            there = place + step
            inside = 0 <= there < len(sentence)
            row += [f"w{step}={small[there] if inside else ''}", f"s{step}={shapes[there] if inside else ''}"]
        before, behind = (shapes[index] if 0 <= index < len(shapes) else "" for index in (place - 1, place + 1))
        row += [f"s-1,0={before},{shapes[place]}", f"s0,1={shapes[place]},{behind}"]
        row += [f"w-1,s0={small[place - 1] if place else ''},{shapes[place]}"]
        rows.append(row)
    return rows


def case(words: Tokens) -> np.ndarray:
    """Return what MiniLM does not see of each word, as it reads small letters alone: 0 or 1, (tokens, CASES)."""
    return np.array([
        [
            word[:1].isupper(), word.isupper() and len(word) > 1, any(map(str.isupper, word[1:])), word.islower(),
            any(map(str.isdigit, word)), word[:1] in "@#", place == 0,
        ]
        for place, word in enumerate(words)
    ], np.float32)  # fmt: skip


class Columns:
    """The columns of what is seen at two tokens or more of the sentences that were learned from."""

    def __init__(self, rows: Sequence[Sequence[str]]):
        counts = Counter(chain.from_iterable(rows))
        self.places = {
            name: place for place, name in enumerate(name for name, count in counts.items() if count >= SEEN)
        }

    def matrix(self, rows: Sequence[Sequence[str]]) -> csr_array:
        """Return 1 where something is seen, shape (tokens, columns)."""
        found = [[self.places[name] for name in row if name in self.places] for row in rows]
        ends = np.concatenate([[0], np.cumsum([len(row) for row in found])])
        places = np.fromiter(chain.from_iterable(found), np.int64, ends[-1])
        return csr_array((np.ones(len(places)), places, ends), shape=(len(rows), len(self.places)))
