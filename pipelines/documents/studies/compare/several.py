"""Messages of several groups, joined: which groups are in a text.

WORDS of each of 1 to 3 messages of different groups are joined, of the messages to learn from, or of those to test on.
A group's probability is that of logistic regression against all others, or the product of those of the branches on the
way to it. Source: Silla and Freitas, "A Survey of Hierarchical Classification" (2011), a classifier per node.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from models.metrics.paired import ratio
from models.text.hashed_tfidf import Tfidf, counted
from models.text.topic_tree import WIDTH, forks, runs, under

MOST, WORDS = 3, 200
STRENGTH = 10.0
CUTS = np.arange(0.1, 0.91, 0.05)


def joined(texts: Sequence[str], groups: Sequence[str], count: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Return texts of 1 to MOST messages, and which groups are in each, (count, groups), in the order of names."""
    random = np.random.default_rng(seed)
    names = sorted(set(groups))
    of_group = [np.flatnonzero([group == name for group in groups]) for name in names]
    combined, there = [], np.zeros((count, len(names)), bool)
    for row in range(count):
        taken = random.choice(len(names), random.integers(1, MOST + 1), replace=False)
        there[row, taken] = True
        parts = [texts[random.choice(of_group[group])] for group in taken]
        combined.append(" ".join(" ".join(part.split()[:WORDS]) for part in parts))
    return combined, there


class Several:
    """Which groups are in a text. tree: whether by the branches at each fork. The cut is chosen on a held quarter."""

    def __init__(self, names: Sequence[str], tree: bool, chosen: bool = True):
        """chosen: whether the cut of probabilities is chosen by micro F1; else it is a half."""
        self.names, self.chosen = list(names), chosen
        self.forks = forks(self.names) if tree else {"": self.names}

    def fit(self, texts: Sequence[str], there: np.ndarray) -> Several:
        """Return it, fitted. there: which groups are in each text, (n, groups)."""
        self.cut = 0.5
        if self.chosen:
            held = np.arange(len(texts)) % 4 == 0
            self.learn([text for text, out in zip(texts, held, strict=True) if not out], there[~held])
            probabilities = self.probabilities([text for text, out in zip(texts, held, strict=True) if out])
            scores = [micro(there[held], probabilities >= cut).mean() for cut in CUTS]
            self.cut = float(CUTS[int(np.argmax(scores))])
        return self.learn(texts, there)

    def learn(self, texts: Sequence[str], there: np.ndarray) -> Several:
        """Learn from all texts, with the cut as it is."""
        from sklearn.linear_model import LogisticRegression

        counts = counted(map(runs, texts), WIDTH)
        self.tfidf = Tfidf().fit(counts)
        rows = self.tfidf.transform(counts)
        self.fitted = {}
        for fork, branches in self.forks.items():
            rows_of_fork = np.flatnonzero(there[:, self.below(fork)].any(axis=1))
            for branch in branches:
                wanted = there[rows_of_fork][:, self.below(branch)].any(axis=1)
                model = LogisticRegression(C=STRENGTH, solver="liblinear", dual=True, tol=0.01, random_state=0)
                self.fitted[branch] = model.fit(rows[rows_of_fork], wanted)
        return self

    def below(self, branch: str) -> np.ndarray:
        """Return which groups are a branch or below it, (groups,)."""
        return np.array([under(name, branch) for name in self.names])

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is in each text, (n, groups)."""
        rows: csr_array = self.tfidf.transform(counted(map(runs, texts), WIDTH))
        probabilities = np.ones((len(texts), len(self.names)))
        for branch, model in self.fitted.items():
            probabilities[:, self.below(branch)] *= model.predict_proba(rows)[:, 1:]
        return probabilities

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Return which groups are in each text, (n, groups)."""
        return self.probabilities(texts) >= self.cut


def micro(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the F1 of all groups together as a value per text, whose mean it is, (n,). Both: (n, groups)."""
    return ratio(2.0 * (true & predicted).sum(axis=1), 1.0 * true.sum(axis=1) + predicted.sum(axis=1))


def macro(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the mean of the F1 of each group as a value per text, whose mean it is, (n,)."""
    each = [ratio(2.0 * (a & b), 1.0 * a + b) for a, b in zip(true.T, predicted.T, strict=True)]
    return np.asarray(np.mean(each, axis=0))
