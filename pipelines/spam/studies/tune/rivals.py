"""What is compared with the served score: boosted trees, and the strongest score of few lines at default settings."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, hstack

from capstan.inputs import weights_files
from models.encoder import minilm_weights, vectors
from pipelines.spam import grams
from pipelines.spam.scores import Counts

LEAVES, ROUNDS, RATE = 15, 600, 0.05
FEWEST = 5  # messages of a word that trees may ask for
DIGITS = re.compile(r"\d+")


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


class Rival:
    """scikit-learn's `LinearSVC` over its TF-IDF of words and of characters, and MiniLM's vector, all at defaults.

    The strongest of seven scores of under 20 lines: without words or characters, without MiniLM, with MiniLM alone,
    with logistic regression or five nearest neighbours of it.
    """

    def __init__(self, seed: int = 0):
        self.seed = seed

    @staticmethod
    def counts(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the texts themselves, shape (n,), and MiniLM's vectors, shape (n, 384)."""
        read = vectors.of(texts, weights_files.fetch_all(minilm_weights.WEIGHTS), int8=True)
        return np.array(texts, dtype=object), read

    def fit(self, counts: tuple[np.ndarray, np.ndarray], spam: np.ndarray) -> Rival:
        """Return it, fitted. spam: 0 or 1, shape (n,)."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        kinds = (TfidfVectorizer(), TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)))
        self.tfidf = [kind.fit(counts[0]) for kind in kinds]
        self.machine = LinearSVC(random_state=self.seed).fit(self.table(counts), spam)
        return self

    def table(self, counts: tuple[np.ndarray, np.ndarray]) -> csr_array:
        """Return all columns, shape (n, columns)."""
        return csr_array(hstack([*(part.transform(counts[0]) for part in self.tfidf), counts[1]], format="csr"))

    def margin(self, counts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return the score of each message, shape (n,): above 0 is spam."""
        return np.asarray(self.machine.decision_function(self.table(counts)))


def lengths(text: str) -> list[float]:
    """Return how many signs, digits, capitals, other signs and words a message has, and its longest number."""
    return [
        len(text), sum(map(str.isdigit, text)), sum(map(str.isupper, text)),
        sum(not (sign.isalnum() or sign.isspace()) for sign in text), len(text.split()),
        max(map(len, DIGITS.findall(text)), default=0),
    ]  # fmt: skip
