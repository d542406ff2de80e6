"""Two models: a logistic regression of those who got the mail, one of the others, and the difference of both.

Hansotia and Rukstales, "Incremental value modeling" (2002).
"""

from __future__ import annotations

import numpy as np


class TwoModels:
    """The difference of two logistic regressions."""

    def __init__(self, seed: int = 0):
        self.seed = seed  # nothing is random here

    def fit(self, x: np.ndarray, treated: np.ndarray, y: np.ndarray) -> TwoModels:
        """Return both, fitted. x: shape (n, k). treated, y: 0 or 1, shape (n,)."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.models = [
            make_pipeline(StandardScaler(), LogisticRegression()).fit(x[treated == arm], y[treated == arm])
            for arm in (0, 1)
        ]
        return self

    def effect(self, x: np.ndarray) -> np.ndarray:
        """Return what the mail adds to the probability of a visit, shape (n,)."""
        without, mailed = (model.predict_proba(x)[:, 1] for model in self.models)
        return np.asarray(mailed - without)
