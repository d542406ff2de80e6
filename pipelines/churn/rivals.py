"""Scores that are compared and not served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from models.booster import encode
from models.logistic import Logistic
from pipelines.churn.columns import CATEGORIES, INPUTS, NUMBERS

if TYPE_CHECKING:
    import pandas as pd


class Simple:
    """The strong simple method: a logistic regression over the inputs, with scikit-learn's defaults."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Simple:
        """Return the regression, fitted on rows. churned: 0 or 1, shape (n,)."""
        self.line = Logistic(NUMBERS, CATEGORIES).fit(rows, churned)
        return self

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return np.asarray(self.line.matrix(rows) @ self.line.weights + self.line.intercept)


class Forest:
    """A random forest over the inputs, a category as its position."""

    def __init__(self, seed: int = 0, smallest: int = 20):
        """smallest: customers of a leaf."""
        self.seed, self.smallest = seed, smallest

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Forest:
        """Return the forest, fitted on rows. churned: 0 or 1, shape (n,)."""
        from sklearn.ensemble import RandomForestClassifier

        self.categories = {name: sorted(rows[name].dropna().unique()) for name in CATEGORIES}
        forest = RandomForestClassifier(100, min_samples_leaf=self.smallest, random_state=self.seed, n_jobs=1)
        self.forest = forest.fit(encode(rows, INPUTS, self.categories), churned)
        return self

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        share = self.forest.predict_proba(encode(rows, INPUTS, self.categories))[:, 1]
        return np.asarray(logit(np.clip(share, 1e-4, 1 - 1e-4)))
