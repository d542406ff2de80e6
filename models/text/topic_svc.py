"""The topic of a text: a linear SVC on words and pairs of words, its probabilities, and whether it is none of them.

The decision value of a group becomes the log of a sigmoid. A softmax of these, with one slope for all groups, returns
the probabilities: a softmax of the values themselves is too sure of the likeliest group. The three numbers are fitted
to values of texts that were not learned from. A text is outside where its greatest value is below those of nearly all
texts of the groups.

Sources: Joachims, "Text Categorization with Support Vector Machines" (1998); Platt, "Probabilistic Outputs for Support
Vector Machines" (1999); Hendrycks and Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples"
(2017).

Reference: scikit-learn's CalibratedClassifierCV has another sigmoid for each group; the classifier is its LinearSVC.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WIDTH = 2**20  # columns of the hashed runs
FOLDS = 5
BEGIN = 4  # words: messages that begin with the same ones answer each other, and are in one fold
FLAGGED = 0.05  # of the texts of the groups
ABSENT = -1.0  # the value of a group that a fold does not have
START = (1.5, 1.0, 0.0)  # where the search for the calibration begins


class TopicSVC:
    """One topic out of some."""

    def __init__(self, longest: int = 2):
        """longest: words of a run, at most."""
        self.longest = longest

    def fit(self, texts: Sequence[str], groups: Sequence[str]) -> TopicSVC:
        """Return it, fitted. groups: the name of each text's group, two or more."""
        from scipy.optimize import minimize

        names, numbers = np.unique(groups, return_inverse=True)
        self.names: list[str] = names.tolist()
        counts = self.counts(texts)
        unseen = self.unseen(counts, numbers, begins(texts))
        rows = np.arange(len(texts))

        def loss(calibration: np.ndarray) -> float:
            return -float(np.log(calibrated(unseen, calibration)[rows, numbers] + np.finfo(float).tiny).mean())

        self.calibration = minimize(loss, START, method="Nelder-Mead").x
        self.least = float(np.quantile(unseen.max(axis=1), FLAGGED))
        return self.learn(counts, numbers)

    def unseen(self, counts: csr_matrix, numbers: np.ndarray, units: np.ndarray) -> np.ndarray:
        """Return the decision values of each text by what did not learn from its unit, shape (n, groups)."""
        from sklearn.model_selection import GroupKFold

        values = np.empty((len(numbers), len(self.names)))
        for learned, held in GroupKFold(FOLDS, shuffle=True, random_state=0).split(counts, groups=units):
            values[held] = self.learn(counts[learned], numbers[learned]).values(counts[held])
        return values

    def learn(self, counts: csr_matrix, numbers: np.ndarray) -> TopicSVC:
        """Learn the weights. numbers: of the groups, in the order of `names`."""
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.svm import LinearSVC

        self.tfidf = TfidfTransformer(sublinear_tf=True).fit(counts)
        used = np.unique(counts.indices)  # the others would cost time, and have no weight
        svc = LinearSVC(random_state=0).fit(self.tfidf.transform(counts)[:, used], numbers)
        binary = len(svc.classes_) == 2  # the two are one classifier, with its sign turned
        weights, intercepts = (np.concatenate([-a, a]) if binary else a for a in (svc.coef_, svc.intercept_))
        self.weights = np.zeros((WIDTH, len(self.names)), np.float32)
        self.weights[np.ix_(used, svc.classes_)] = weights.T
        self.intercepts = np.full(len(self.names), ABSENT)
        self.intercepts[svc.classes_] = intercepts
        return self

    def counts(self, texts: Sequence[str]) -> csr_matrix:
        """Return how often each column is in each text."""
        from sklearn.feature_extraction.text import HashingVectorizer

        runs = HashingVectorizer(
            ngram_range=(1, self.longest), n_features=WIDTH, norm=None, alternate_sign=False, dtype=np.float32
        )
        return runs.transform(texts)

    def values(self, counts: csr_matrix) -> np.ndarray:
        """Return the decision value of each group, shape (n, groups)."""
        return np.asarray(self.tfidf.transform(counts) @ self.weights + self.intercepts)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, if the text is of one, shape (n, groups), in the order of `names`."""
        return calibrated(self.values(self.counts(texts)), self.calibration)

    def outside(self, texts: Sequence[str]) -> np.ndarray:
        """Return which texts are of none of the groups, shape (n,)."""
        return np.asarray(self.values(self.counts(texts)).max(axis=1) < self.least)


def begins(texts: Sequence[str]) -> np.ndarray:
    """Return a number for each text, the same one for texts that begin with the same words, shape (n,)."""
    return np.unique([" ".join(text.split()[:BEGIN]) for text in texts], return_inverse=True)[1]


def calibrated(values: np.ndarray, calibration: np.ndarray) -> np.ndarray:
    """Return the probabilities of decision values, both of shape (n, groups). calibration: shape (3,)."""
    from scipy.special import log_expit, softmax

    slope, start, power = calibration
    return np.asarray(softmax(np.exp(power) * log_expit(np.exp(slope) * values + start), axis=1))
