"""The newsgroup of a message: logistic regression of each branch at each fork of the tree of their names.

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

WIDTH = 2**18
STRENGTH = 10.0
TOKEN = re.compile(r"[a-z]{2,}")


class Branches:
    """One branch out of some: logistic regression of each against the others, whose chances are made to sum to 1.

    Softmax regression of all at once takes minutes on so many columns.
    """

    def __init__(self, strength: float):
        self.strength = strength

    def fit(self, rows: csr_array, taken: np.ndarray, count: int) -> Branches:
        """Return it, fitted. taken: the number of each row's branch, shape (n,). count: of the branches."""
        from sklearn.linear_model import LogisticRegression

        self.weights, self.intercepts = np.zeros((rows.shape[1], count), np.float32), np.zeros(count)
        for branch in range(count):
            one = LogisticRegression(C=self.strength, solver="liblinear", dual=True, tol=0.01, random_state=0)
            one.fit(rows, taken == branch)
            self.weights[:, branch], self.intercepts[branch] = one.coef_[0], one.intercept_[0]
        return self

    def probabilities(self, rows: csr_array) -> np.ndarray:
        """Return how likely each branch is, shape (n, branches)."""
        from scipy.special import expit

        chances = np.asarray(expit(rows @ self.weights + self.intercepts))
        made: np.ndarray = chances / np.maximum(chances.sum(axis=1, keepdims=True), 1e-12)
        return made


class Tree:
    """Branches at each fork of the names. `flat` has one fork, with all groups: it is the strong simple one."""

    def __init__(self, strength: float = STRENGTH, pairs: bool = False, flat: bool = False):
        """pairs: whether pairs of words are read beside words."""
        self.strength, self.pairs, self.flat = strength, pairs, flat

    def fit(self, texts: Sequence[str], groups: Sequence[str]) -> Tree:
        """Return it, fitted. groups: the name of each text's group."""
        self.names = sorted(set(groups))
        self.forks = {"": self.names} if self.flat else forks(self.names)
        counts = self.counts(texts)
        self.tfidf = Tfidf().fit(counts)
        rows = self.tfidf.transform(counts)
        self.fitted: dict[str, Branches] = {}
        for fork, branches in self.forks.items():
            at = np.flatnonzero([under(name, fork) for name in groups])
            taken = [
                next(place for place, one in enumerate(branches) if under(groups[row], one)) for row in at.tolist()
            ]
            self.fitted[fork] = Branches(self.strength).fit(rows[at], np.array(taken), len(branches))
        return self

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, shape (n, groups), in the order of `names`."""
        rows = self.tfidf.transform(self.counts(texts))
        made = np.ones((len(texts), len(self.names)))
        for fork, branches in self.forks.items():
            chances = self.fitted[fork].probabilities(rows)
            for place, branch in enumerate(branches):
                made[:, [under(name, branch) for name in self.names]] *= chances[:, place, None]
        return made

    def counts(self, texts: Sequence[str]) -> csr_array:
        """Return how often each column is in each text."""
        return counted((runs(text, self.pairs) for text in texts), WIDTH)


def simple() -> Tree:
    """Return the strong simple one: words alone, one fork, the strength of scikit-learn."""
    return Tree(1.0, pairs=False, flat=True)


def runs(text: str, pairs: bool) -> list[str]:
    """Return the words of a text, and pairs of them. Digits and signs are left out: the messages have none."""
    words = TOKEN.findall(text.lower())
    return words + [f"{one} {other}" for one, other in pairwise(words)] if pairs else words


def under(name: str, branch: str) -> bool:
    """Return whether a group is a branch, or below it. "" is the root."""
    return not branch or name == branch or name.startswith(f"{branch}.")


def forks(names: Sequence[str]) -> dict[str, list[str]]:
    """Return each branch with more than one next to it, and these: {"": ["comp", "rec"], "comp": [...]}."""
    made: dict[str, list[str]] = {}
    waiting = [""]
    while waiting:
        fork = waiting.pop()
        depth = len(fork.split(".")) if fork else 0
        below = [name.split(".") for name in names if under(name, fork)]
        branches = sorted({".".join(parts[: depth + 1]) for parts in below if len(parts) > depth})
        if len(branches) > 1:
            made[fork] = branches
        waiting += branches
    return made


def path(names: Sequence[str], row: np.ndarray) -> list[dict[str, str | float]]:
    """Return the branches from the root to the likeliest group, and how likely each is. row: shape (groups,)."""
    parts = names[int(row.argmax())].split(".")
    branches = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    sums = [float(sum(chance for name, chance in zip(names, row, strict=True) if under(name, one))) for one in branches]
    return [{"branch": one, "probability": min(value, 1.0)} for one, value in zip(branches, sums, strict=True)]
