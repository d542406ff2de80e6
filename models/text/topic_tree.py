"""The topic of a text: logistic regression of each branch at each fork of the tree of the topics' names.

`comp.sys.mac.hardware` is reached through `comp`, `comp.sys` and `comp.sys.mac`. The probability of a topic is the
product of those along its path, so that of a branch is the sum of its topics, exactly. Source: Koller and Sahami,
"Hierarchically Classifying Documents Using Very Few Words" (1997).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from models.text.hashed_tfidf import Tfidf, counted

WIDTH = 2**18
STRENGTH, SHARPNESS = 30.0, 1.0
TOKEN = re.compile(r"[a-z]{2,}")


class Branches:
    """One branch out of some: logistic regression of each against the others, and the softmax of their scores.

    Softmax regression of all at once takes minutes on so many columns. sharpness: what the scores are multiplied by.
    """

    def __init__(self, strength: float, sharpness: float):
        self.strength, self.sharpness = strength, sharpness

    def fit(self, rows: csr_array, taken: np.ndarray, count: int) -> Branches:
        """Return it, fitted. taken: the number of each row's branch, shape (n,). count: of the branches."""
        from sklearn.linear_model import LogisticRegression

        self.weights, self.intercepts = np.zeros((rows.shape[1], count), np.float32), np.zeros(count)
        for branch in range(count):
            classifier = LogisticRegression(C=self.strength, solver="liblinear", dual=True, tol=0.01, random_state=0)
            classifier.fit(rows, taken == branch)
            self.weights[:, branch], self.intercepts[branch] = classifier.coef_[0], classifier.intercept_[0]
        return self

    def probabilities(self, rows: csr_array) -> np.ndarray:
        """Return how likely each branch is, shape (n, branches)."""
        from scipy.special import softmax

        scores = self.sharpness * (rows @ self.weights + self.intercepts)
        if scores.shape[1] == 2:
            scores /= 2  # the two are one regression, with its sign turned
        return np.asarray(softmax(scores, axis=1))


class Tree:
    """Branches at each fork of the names.

    With `flat` there is one fork, with all groups: a plain classifier, and no tree.
    """

    def __init__(self, strength: float = STRENGTH, sharpness: float = SHARPNESS, flat: bool = False):
        """strength, sharpness: of the branches."""
        self.strength, self.sharpness, self.flat = strength, sharpness, flat

    def fit(self, texts: Sequence[str], groups: Sequence[str]) -> Tree:
        """Return it, fitted. groups: the name of each text's group."""
        self.names = sorted(set(groups))
        self.forks = {"": self.names} if self.flat else forks(self.names)
        counts = self.counts(texts)
        self.tfidf = Tfidf().fit(counts)
        rows = self.tfidf.transform(counts)
        self.fitted: dict[str, Branches] = {}
        for fork, branches in self.forks.items():
            inside = np.flatnonzero([under(name, fork) for name in groups])
            taken = [
                next(place for place, branch in enumerate(branches) if under(groups[row], branch))
                for row in inside.tolist()
            ]
            self.fitted[fork] = Branches(self.strength, self.sharpness).fit(
                rows[inside], np.array(taken), len(branches)
            )
        return self

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, shape (n, groups), in the order of `names`."""
        rows = self.tfidf.transform(self.counts(texts))
        chances = np.ones((len(texts), len(self.names)))
        for fork, branches in self.forks.items():
            probabilities = self.fitted[fork].probabilities(rows)
            for place, branch in enumerate(branches):
                chances[:, [under(name, branch) for name in self.names]] *= probabilities[:, place, None]
        return chances

    def counts(self, texts: Sequence[str]) -> csr_array:
        """Return how often each column is in each text."""
        return counted(map(runs, texts), WIDTH)


def runs(text: str) -> list[str]:
    """Return the words of a text. Digits and signs are left out."""
    return TOKEN.findall(text.lower())


def under(name: str, branch: str) -> bool:
    """Return whether a group is a branch, or below it. "" is the root."""
    return not branch or name == branch or name.startswith(f"{branch}.")


def forks(names: Sequence[str]) -> dict[str, list[str]]:
    """Return each branch with more than one next to it, and these: {"": ["comp", "rec"], "comp": [...]}."""
    tree: dict[str, list[str]] = {}
    waiting = [""]
    while waiting:
        fork = waiting.pop()
        depth = len(fork.split(".")) if fork else 0
        below = [name.split(".") for name in names if under(name, fork)]
        branches = sorted({".".join(parts[: depth + 1]) for parts in below if len(parts) > depth})
        if len(branches) > 1:
            tree[fork] = branches
        waiting += branches
    return tree


def path(names: Sequence[str], row: np.ndarray) -> list[dict[str, str | float]]:
    """Return the branches from the root to the likeliest group, and how likely each is. row: shape (groups,)."""
    parts = names[int(row.argmax())].split(".")
    branches = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    sums = [
        float(sum(probability for name, probability in zip(names, row, strict=True) if under(name, branch)))
        for branch in branches
    ]
    return [{"branch": branch, "probability": min(value, 1.0)} for branch, value in zip(branches, sums, strict=True)]
