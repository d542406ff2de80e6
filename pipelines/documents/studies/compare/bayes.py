"""Complement naive Bayes on the words of a text, as scikit-learn has it: a rival without settings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Bayes:
    """One topic out of some."""

    def fit(self, texts: Sequence[str], groups: Sequence[str]) -> Bayes:
        """Return it, fitted. groups: the name of each text's group."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.naive_bayes import ComplementNB
        from sklearn.pipeline import make_pipeline

        self.fitted = make_pipeline(TfidfVectorizer(sublinear_tf=True), ComplementNB()).fit(texts, groups)
        self.names: list[str] = self.fitted.classes_.tolist()
        return self

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, shape (n, groups)."""
        return np.asarray(self.fitted.predict_proba(texts))
