"""The newsgroup of a message: softmax regression at each fork of the tree of their names.

`comp.sys.mac.hardware` is reached through `comp`, `comp.sys` and `comp.sys.mac`. The chance of a group is the product
of those along its path, so the chance of a branch is the sum of its groups, exactly. Source: Koller and Sahami,
"Hierarchically Classifying Documents Using Very Few Words" (1997).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from models.hashed_tfidf import Tfidf, counted
from models.softmax import Softmax

WIDTH = 2**18
STRENGTH = 10.0
TOKEN = re.compile(r"[a-z]{2,}")


def runs(text: str, pairs: bool) -> list[str]:
    """Return the words of a text, and pairs of them. Digits and signs are left out: the messages have none."""
    words = TOKEN.findall(text.lower())
    return words + [f"{one} {other}" for one, other in pairwise(words)] if pairs else words


class Flat:
    """Softmax regression over all groups. The strong simple one: words alone, the strength of scikit-learn."""

    def __init__(self, strength: float = 1.0, pairs: bool = False):
        self.strength, self.pairs = strength, pairs

    def fit(self, texts: Sequence[str], groups: Sequence[str]) -> Flat:
        """Return it, fitted. groups: the name of each text's group."""
        self.names = sorted(set(groups))
        self.tfidf, rows = read(texts, self.pairs)
        self.softmax = _fitted(rows, [self.names.index(name) for name in groups], len(self.names), self.strength)
        return self

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, shape (n, groups), in the order of `names`."""
        return np.exp(_logs(self.softmax, self.tfidf.transform(_counts(texts, self.pairs))))


class Tree:
    """Softmax regression at each fork of the names."""

    def __init__(self, strength: float = STRENGTH, pairs: bool = True):
        self.strength, self.pairs = strength, pairs

    def fit(self, texts: Sequence[str], groups: Sequence[str]) -> Tree:
        """Return it, fitted. groups: the name of each text's group."""
        self.names = sorted(set(groups))
        self.tfidf, rows = read(texts, self.pairs)
        own = np.array(groups)
        self.forks: dict[str, Softmax] = {}
        for fork, branches in forks(self.names).items():
            at = np.flatnonzero([under(name, fork) for name in own])
            taken = [next(place for place, one in enumerate(branches) if under(name, one)) for name in own[at]]
            self.forks[fork] = _fitted(rows[at], taken, len(branches), self.strength)
        return self

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, shape (n, groups), in the order of `names`."""
        rows = self.tfidf.transform(_counts(texts, self.pairs))
        made = np.zeros((len(texts), len(self.names)))
        for fork, branches in forks(self.names).items():
            logs = _logs(self.forks[fork], rows)
            for place, branch in enumerate(branches):
                made[:, [under(name, branch) for name in self.names]] += logs[:, place, None]
        return np.exp(made)


def under(name: str, branch: str) -> bool:
    """Return whether a group is a branch, or below it. "" is the root."""
    return not branch or name == branch or name.startswith(f"{branch}.")


def forks(names: Sequence[str]) -> dict[str, list[str]]:
    """Return each branch with more than one next to it, and these: {"": ["comp", "rec"], "comp": [...]}."""
    made: dict[str, list[str]] = {}
    open_ = [""]
    while open_:
        fork = open_.pop()
        depth = len(fork.split(".")) if fork else 0
        below = [name.split(".") for name in names if under(name, fork)]
        branches = sorted({".".join(parts[: depth + 1]) for parts in below if len(parts) > depth})
        if len(branches) > 1:
            made[fork] = branches
        open_ += branches
    return made


def path(names: Sequence[str], row: np.ndarray) -> list[dict[str, str | float]]:
    """Return the branches from the root to the likeliest group, and how likely each is. row: shape (groups,)."""
    parts = names[int(row.argmax())].split(".")
    branches = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    sums = [float(sum(chance for name, chance in zip(names, row, strict=True) if under(name, one))) for one in branches]
    return [{"branch": one, "probability": min(value, 1.0)} for one, value in zip(branches, sums, strict=True)]


def read(texts: Sequence[str], pairs: bool) -> tuple[Tfidf, csr_array]:
    """Return the weights of the columns, learned from some texts, and their rows."""
    counts = _counts(texts, pairs)
    tfidf = Tfidf().fit(counts)
    return tfidf, tfidf.transform(counts)


def _counts(texts: Sequence[str], pairs: bool) -> csr_array:
    return counted((runs(text, pairs) for text in texts), WIDTH)


def _fitted(rows: csr_array, taken: Sequence[int], branches: int, strength: float) -> Softmax:
    return Softmax(strength).fit([rows], np.eye(branches)[np.array(taken)])


def _logs(softmax: Softmax, rows: csr_array) -> np.ndarray:
    from scipy.special import log_softmax

    return np.asarray(log_softmax(softmax.scores([rows]), axis=1))
