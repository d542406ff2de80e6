"""The linear scores: support vector machines over words and characters, and naive Bayes.

The one that is served also has MiniLM's vector of the message, in 8 bits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from capstan.inputs import weights_files
from models.encoder import minilm_weights, vectors
from models.linear.linear_svm import LinearSVM, Loss
from models.text import text_grams
from models.text.hashed_tfidf import Tfidf, counted, present
from models.text.naive_bayes import Kind, NaiveBayes
from pipelines.spam import grams

STRENGTH = 1.0
RATIO = False
STRETCH = 1.0  # of MiniLM's vector, which has length 1 as words and characters have
TOLERANCE = 0.01
KIND: Kind = "bernoulli"
SMOOTHING = 0.1
Counts = tuple[csr_array, ...]  # of each kind of run, a row per message


def rows_of(counts: Counts, rows: np.ndarray) -> Counts:
    """Return the counts of some messages. rows: their places."""
    return tuple(part[rows] for part in counts)


def stacked(one: Counts, other: Counts) -> Counts:
    """Return the counts of some messages and of others behind them."""
    return tuple(csr_array(vstack(parts, format="csr")) for parts in zip(one, other, strict=True))


class Machine:
    """A support vector machine over TF-IDF of words and of characters, each of length 1.

    ratio: each column is multiplied by how much oftener spam has it, as a logarithm: Wang and Manning, "Baselines and
    Bigrams: Simple, Good Sentiment and Topic Classification" (2012). kinds: 0 for the words, 1 for the characters.
    """

    def __init__(
        self,
        seed: int = 0,
        strength: float = STRENGTH,
        ratio: bool = RATIO,
        kinds: tuple[int, ...] = (0, 1),
        loss: Loss = "squared_hinge",
    ):
        self.seed, self.strength, self.ratio, self.kinds, self.loss = seed, strength, ratio, kinds, loss

    @staticmethod
    def counts(texts: Sequence[str]) -> Counts:
        """Return the counts of words and of characters."""
        return grams.counts(texts)

    def fit(self, counts: Counts, spam: np.ndarray, importance: np.ndarray | None = None) -> Machine:
        """Return it, fitted. spam: 0 or 1, shape (n,). importance: of each message, by default 1."""
        self.tfidf = tuple(Tfidf().fit(counts[kind]) for kind in self.kinds)
        rows = self.matrix(counts)
        ratios = np.ones(rows.shape[1])
        if self.ratio:
            ratios = NaiveBayes().fit(present(rows), spam).weights
            rows.data *= ratios[rows.indices]
        machine = LinearSVM(self.strength, self.loss, TOLERANCE, seed=self.seed).fit(rows, spam, importance)
        self.weights: np.ndarray = machine.weights * ratios
        self.intercept = machine.intercept
        return self

    def matrix(self, counts: Counts) -> csr_array:
        """Return the weighted counts, shape (n, all columns)."""
        parts = [tfidf.transform(counts[kind]) for kind, tfidf in zip(self.kinds, self.tfidf, strict=True)]
        return csr_array(hstack(parts, format="csr"))

    def margin(self, counts: Counts) -> np.ndarray:
        """Return the score of each message, shape (n,): above 0 is spam."""
        return np.asarray(self.matrix(counts) @ self.weights + self.intercept)


class Meant(Machine):
    """The support vector machine over words, characters and MiniLM's vector of the message: what is served."""

    def __init__(self, seed: int = 0, strength: float = STRENGTH, stretch: float = STRETCH):
        super().__init__(seed, strength, ratio=False)
        self.stretch = stretch

    @staticmethod
    def counts(texts: Sequence[str], read: np.ndarray | None = None) -> Counts:
        """Return the counts of words and of characters, and the vectors, shape (n, 384).

        read: the vectors; None takes them from where studies keep them.
        """
        if read is None:
            read = vectors.of(texts, weights_files.fetch_all(minilm_weights.WEIGHTS), int8=True)
        return (*grams.counts(texts), csr_array(read))

    def fit(self, counts: Counts, spam: np.ndarray, importance: np.ndarray | None = None) -> Meant:
        """Return it, fitted. spam: 0 or 1, shape (n,). importance: of each message, by default 1."""
        self.centre: np.ndarray = counts[2].mean(axis=0)
        super().fit(counts, spam, importance)
        return self

    def matrix(self, counts: Counts) -> csr_array:
        """Return the weighted counts and the vectors, shape (n, all columns)."""
        meant = csr_array(self.stretch * (counts[2].toarray() - self.centre))
        return csr_array(hstack([super().matrix(counts), meant], format="csr"))

    @property
    def direction(self) -> np.ndarray:
        """What a vector adds to the score is its product with this, less that of `centre`. Shape (384,)."""
        return np.asarray(self.stretch * self.weights[-len(self.centre) :])

    def parts(self, counts: Counts) -> np.ndarray:
        """Return what words, characters and the vector add to the score, shape (n, 3); with the intercept it is it."""
        width = [part.shape[1] for part in counts]
        weighted = self.matrix(counts).multiply(self.weights).tocsc()
        ends = np.cumsum([0, *width])
        return np.stack([weighted[:, low:high].sum(axis=1) for low, high in pairwise(ends)], axis=1)


class Bayes:
    """Naive Bayes over the words of scikit-learn's `CountVectorizer`, in lower case."""

    def __init__(self, seed: int = 0, kind: Kind = KIND, smoothing: float = SMOOTHING):
        """seed: of no effect, as nothing is drawn at random."""
        self.kind, self.smoothing = kind, smoothing

    @staticmethod
    def counts(texts: Sequence[str]) -> Counts:
        """Return the counts of words."""
        words = re.compile(r"\w\w+")
        return (
            counted(([token.name for token in text_grams.tokens(text.lower(), words)] for text in texts), grams.WORDS),
        )

    def fit(self, counts: Counts, spam: np.ndarray) -> Bayes:
        """Return it, fitted. A column that no message has is no word, and has no weight."""
        known = np.unique(counts[0].indices)
        fitted = NaiveBayes(self.kind, self.smoothing).fit(counts[0][:, known], spam)
        self.weights: np.ndarray = np.zeros(counts[0].shape[1])
        self.weights[known], self.intercept = fitted.weights, fitted.intercept
        return self

    def margin(self, counts: Counts) -> np.ndarray:
        """Return the log-odds of spam, shape (n,), before calibration."""
        used = present(counts[0]) if self.kind == "bernoulli" else counts[0]
        return np.asarray(used @ self.weights + self.intercept)


class Simple(Bayes):
    """The baseline that the gate compares with: multinomial naive Bayes at scikit-learn's defaults."""

    def __init__(self, seed: int = 0):
        super().__init__(seed, "multinomial", 1.0)


class Plain(Machine):
    """A support vector machine over TF-IDF of the words that naive Bayes has, at the defaults."""

    counts = staticmethod(Bayes.counts)

    def __init__(self, seed: int = 0, strength: float = 1.0):
        super().__init__(seed, strength, ratio=False, kinds=(0,))
