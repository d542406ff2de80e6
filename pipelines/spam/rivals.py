"""Scores that are measured beside the one that is served: boosted trees, and the machine with MiniLM's vector."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, hstack

from capstan import weights_files
from models import minilm_weights, vectors
from pipelines.spam import grams
from pipelines.spam.scores import STRENGTH, Counts, Machine

STRETCH = 1.0  # of MiniLM's vector, which has length 1 as words and characters have
LEAVES, ROUNDS, RATE = 15, 600, 0.05
FEWEST = 5  # messages of a word that trees may ask for
DIGITS = re.compile(r"\d+")


class Meant(Machine):
    """The support vector machine over words, characters and MiniLM's vector of the message."""

    def __init__(self, seed: int = 0, strength: float = STRENGTH, stretch: float = STRETCH):
        super().__init__(seed, strength)
        self.stretch = stretch

    @staticmethod
    def counts(texts: Sequence[str]) -> Counts:
        """Return the counts of words and of characters, and the vectors, shape (n, 384)."""
        return (*grams.counts(texts), csr_array(vectors.of(texts, weights_files.fetch_all(minilm_weights.WEIGHTS))))

    def fit(self, counts: Counts, spam: np.ndarray, importance: np.ndarray | None = None) -> Meant:
        """Return it, fitted. spam: 0 or 1, shape (n,). importance: of each message, by default 1."""
        self.centre: np.ndarray = counts[2].mean(axis=0)
        super().fit(counts, spam, importance)
        return self

    def matrix(self, counts: Counts) -> csr_array:
        """Return the weighted counts and the vectors, shape (n, all columns)."""
        meant = csr_array(self.stretch * (counts[2].toarray() - self.centre))
        return csr_array(hstack([super().matrix(counts), meant], format="csr"))


class Boosted:
    """Boosted trees over the words, the shapes, and lengths of the message."""

    def __init__(self, seed: int = 0, leaves: int = LEAVES, rounds: int = ROUNDS):
        self.seed, self.leaves, self.rounds = seed, leaves, rounds

    @staticmethod
    def counts(texts: Sequence[str]) -> Counts:
        """Return the counts of words, and lengths."""
        return grams.counts(texts)[0], csr_array(np.array([lengths(text) for text in texts], float))

    def fit(self, counts: Counts, spam: np.ndarray) -> Boosted:
        """Return it, fitted. spam: 0 or 1, shape (n,)."""
        import lightgbm

        self.known = np.flatnonzero(np.bincount(counts[0].indices, minlength=counts[0].shape[1]) >= FEWEST)
        settings = {
            "objective": "binary", "num_leaves": self.leaves, "learning_rate": RATE, "min_data_in_leaf": 5,
            "feature_fraction": 0.5, "seed": self.seed, "verbosity": -1, "num_threads": 1, "deterministic": True,
            "force_row_wise": True,
        }  # fmt: skip
        self.booster = lightgbm.train(settings, lightgbm.Dataset(self.table(counts), spam), self.rounds)
        return self

    def table(self, counts: Counts) -> np.ndarray:
        """Return what the trees see, shape (n, columns)."""
        return np.hstack([counts[0][:, self.known].toarray(), counts[1].toarray()])

    def margin(self, counts: Counts) -> np.ndarray:
        """Return the log-odds of spam, shape (n,), before calibration."""
        return np.asarray(self.booster.predict(self.table(counts), raw_score=True, num_threads=1))


def lengths(text: str) -> list[float]:
    """Return how many signs, digits, capitals, other signs and words a message has, and its longest number."""
    return [
        len(text), sum(map(str.isdigit, text)), sum(map(str.isupper, text)),
        sum(not (sign.isalnum() or sign.isspace()) for sign in text), len(text.split()),
        max(map(len, DIGITS.findall(text)), default=0),
    ]  # fmt: skip
