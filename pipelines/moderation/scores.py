"""The shares of annotators who say each class, by softmax regression over words, characters and MiniLM's vector.

What most of them say is judged by the mean of that score and of a simple one that learned one label each: both are
linear, and so is their mean.
"""

from __future__ import annotations

import numpy as np

from models.linear.softmax import Block, Softmax
from models.text.hashed_tfidf import Tfidf
from pipelines.moderation.reading import Read

BLOCKS = ("words", "characters", "vectors")
STRENGTH = 2.0
STRETCH = 0.6  # of MiniLM's vector, which has length 1 as the other blocks have
SOON, LATE = 1e-3, 1e-4  # where the fit stops; of one label each, the first would stop it long before it is the best


class Score:
    """A weight per column and class. soft: whether it learns the shares, or only what most annotators said."""

    def __init__(
        self,
        blocks: tuple[str, ...] = BLOCKS,
        strength: float = STRENGTH,
        stretch: float = STRETCH,
        soft: bool = True,
    ):
        self.blocks, self.strength, self.stretch, self.soft = blocks, strength, stretch, soft

    def fit(self, read: Read, shares: np.ndarray, importance: np.ndarray | None = None) -> Score:
        """Return it, fitted. shares: of each class, shape (n, 3), each row of sum 1. importance: of each text, or 1."""
        self.tfidf = {name: Tfidf().fit(getattr(read, name)) for name in self.blocks if name != "vectors"}
        self.centre: np.ndarray = read.vectors.mean(axis=0)
        targets = shares if self.soft else np.eye(shares.shape[1])[shares.argmax(axis=1)]
        regression = Softmax(self.strength, SOON if self.soft else LATE).fit(
            [self.columns(name, read) for name in self.blocks], targets, importance
        )
        self.intercept = regression.intercept
        self.weights = dict(zip(self.blocks, regression.weights, strict=True))
        return self

    def columns(self, name: str, read: Read) -> Block:
        """Return the columns of one block, shape (n, its width)."""
        if name == "vectors":
            return np.asarray(self.stretch * (read.vectors - self.centre))
        return self.tfidf[name].transform(getattr(read, name))

    def scores(self, read: Read) -> np.ndarray:
        """Return the score of each class, shape (n, 3): the logarithms of the shares, but for a common term."""
        total: np.ndarray = self.intercept + sum(self.columns(name, read) @ self.weights[name] for name in self.blocks)
        return total

    def start(self) -> np.ndarray:
        """Return the score of each class before anything is read, shape (3,)."""
        if "vectors" not in self.blocks:
            return self.intercept
        return np.asarray(self.intercept - self.stretch * self.centre @ self.weights["vectors"])

    def votes(self, read: Read) -> np.ndarray:
        """Return the scores by which a class is named, shape (n, 3)."""
        return self.scores(read)

    @property
    def members(self) -> list[Score]:
        """Return the scores whose mean the votes are."""
        return [self]


class Pair:
    """The score of the shares, and a simple one of what most annotators said, next to each other."""

    def __init__(self, shares: Score | None = None, most: Score | None = None):
        self.shares, self.most = shares or Score(), most or simple()

    def fit(self, read: Read, shares: np.ndarray, importance: np.ndarray | None = None) -> Pair:
        """Return it, fitted."""
        self.shares.fit(read, shares, importance)
        self.most.fit(read, shares, importance)
        return self

    def scores(self, read: Read) -> np.ndarray:
        """Return the logarithms of the shares, but for a common term, shape (n, 3)."""
        return self.shares.scores(read)

    def votes(self, read: Read) -> np.ndarray:
        """Return the scores by which a class is named, shape (n, 3)."""
        return np.asarray(np.mean([member.scores(read) for member in self.members], axis=0))

    @property
    def members(self) -> list[Score]:
        """Return the scores whose mean the votes are."""
        return [self.shares, self.most]


Kind = Score | Pair


def simple() -> Score:
    """Return the baseline that the gate compares with: logistic regression on words, of what most annotators said."""
    return Score(("words",), strength=1.0, soft=False)
