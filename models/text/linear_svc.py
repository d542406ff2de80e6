"""A strong simple classifier of texts: a linear SVC on TF-IDF of words, and a fixed decision for each class.

Source: Joachims, "Text Categorization with Support Vector Machines" (1998). It is scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

EACH = 3  # one unit in three chooses the decisions


class Decider(NamedTuple):
    """A classifier of texts, and the number of the decision for each class, shape (classes,)."""

    classifier: Pipeline
    chosen: np.ndarray


def plain(word: str) -> Pipeline:
    """Return the classifier, not fitted. word: the pattern of a word."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(token_pattern=word, sublinear_tf=True)
    return make_pipeline(words, LinearSVC(C=0.1, class_weight="balanced", random_state=0))


def fit(texts: Sequence[str], shares: np.ndarray, units: np.ndarray, costs: np.ndarray, word: str) -> Decider:
    """Return it, fitted on the likeliest class of each text.

    A class gets the decision that costs least on texts that the classifier has not seen. shares: of each class, shape
    (n, classes). units: texts that are near copies have the same, shape (n,). costs: shape (classes, decisions).
    """
    labels, held = shares.argmax(axis=1), np.unique(units, return_inverse=True)[1] % EACH == 0
    rows = np.array(texts, object)
    guess = plain(word).fit(rows[~held], labels[~held]).predict(rows[held])
    sums = [(shares[held][guess == number] @ costs).sum(axis=0) for number in range(shares.shape[1])]
    return Decider(plain(word).fit(rows, labels), np.argmin(sums, axis=1))
