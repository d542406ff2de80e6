"""Scores that are compared and not served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from models.linear.logistic import Logistic
from models.trees.booster import encode
from pipelines.churn.columns import CATEGORIES, INPUTS, NUMBERS

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns


class Simple:
    """The strong simple method: a logistic regression over the inputs, with scikit-learn's defaults."""

    requirements = ("numpy", "pandas")

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Simple:
        """Return the regression, fitted on rows. churned: 0 or 1, shape (n,)."""
        self.line = Logistic(NUMBERS, CATEGORIES).fit(rows, churned)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return np.asarray(self._terms(columns).sum(axis=1) + self.line.intercept)

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k)."""
        terms, of = self._terms(columns), [*NUMBERS, *np.array(NUMBERS)[self.line.gaps]]
        of += [name for name, levels in self.line.levels.items() for _ in levels]
        parts = np.column_stack([terms[:, np.array(of) == name].sum(axis=1) for name in INPUTS])
        return np.full(len(parts), self.line.intercept), parts

    def _terms(self, columns: Columns) -> np.ndarray:
        import pandas as pd

        return np.asarray(self.line.matrix(pd.DataFrame({name: columns[name] for name in INPUTS})) * self.line.weights)


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
