"""A random forest: a rival that is not served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from models.trees.booster import encode
from pipelines.churn.columns import CATEGORIES, INPUTS

if TYPE_CHECKING:
    import pandas as pd


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
