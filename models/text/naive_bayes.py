"""Three naive Bayes classifiers of two classes over counts of words.

Sources: McCallum and Nigam, "A Comparison of Event Models for Naive Bayes Text Classification" (1998), for the
multinomial and the Bernoulli model; Rennie et al., "Tackling the Poor Assumptions of Naive Bayes Text Classifiers"
(2003), table 4 without its transforms, for the complement model. The definitions and the smoothing are scikit-learn's.

Reference: sklearn.naive_bayes.MultinomialNB, BernoulliNB and ComplementNB, 1e-6.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from models.text.hashed_tfidf import present

Kind = Literal["multinomial", "bernoulli", "complement"]


class NaiveBayes:
    """The log-odds of the class 1 are a weight per word, and a constant: every kind is a linear model."""

    def __init__(self, kind: Kind = "multinomial", smoothing: float = 1.0):
        """smoothing: how often each word is counted next to the texts, above 0."""
        self.kind, self.smoothing = kind, smoothing

    def fit(self, counts: csr_array, target: np.ndarray) -> NaiveBayes:
        """Return it, fitted. counts: shape (n, words). target: 0 or 1, shape (n,)."""
        used = present(counts) if self.kind == "bernoulli" else counts
        classes = [target == value for value in (0, 1)]
        totals = np.array([used[rows].sum(axis=0) for rows in classes]) + self.smoothing
        prior = float(np.log(classes[1].sum() / classes[0].sum()))
        if self.kind == "bernoulli":
            chance = totals / (np.array([[rows.sum()] for rows in classes]) + 2 * self.smoothing)
            absent = np.log1p(-chance)
            logs = np.log(chance) - absent
            self.intercept = prior + float(absent[1].sum() - absent[0].sum())
        else:
            logs = np.log(totals) - np.log(totals.sum(axis=1, keepdims=True))
            # With two classes the complement of one is the other; its model has no prior.
            self.intercept = prior if self.kind == "multinomial" else 0.0
        self.weights: np.ndarray = logs[1] - logs[0]
        return self

    def margin(self, counts: csr_array) -> np.ndarray:
        """Return the log-odds of the class 1, shape (n,)."""
        used = present(counts) if self.kind == "bernoulli" else counts
        return np.asarray(used @ self.weights + self.intercept)
