"""The score that is served: gradient boosting over the same inputs as the scorecard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.trees.booster import encode
from pipelines.credit_risk.columns import CATEGORIES, INPUTS

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns

# Small trees and a slow rate: with 4,454 loans, larger ones learn them by heart.
PARAMS = {
    "objective": "binary",
    "learning_rate": 0.02,
    "num_leaves": 8,
    "min_data_in_leaf": 30,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
ROUNDS = 250


class Boosting:
    """A LightGBM booster and the codes of its categories."""

    requirements = ("lightgbm", "numpy")

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, bad: np.ndarray, weights: np.ndarray | None = None) -> Boosting:
        """Return the booster, fitted on the inputs of rows. weights: shape (n,), one per row."""
        import lightgbm

        self.categories = {name: sorted(rows[name].dropna().unique()) for name in CATEGORIES}
        places = [INPUTS.index(name) for name in CATEGORIES]
        data = lightgbm.Dataset(self.matrix(rows), bad, weight=weights, categorical_feature=places)
        self.booster = lightgbm.train(PARAMS | {"seed": self.seed}, data, ROUNDS)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        return np.asarray(self.booster.predict(self.matrix(columns), raw_score=True, num_threads=1))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and the exact SHAP values of the inputs, (n, k).

        Lundberg et al., "Consistent individualized feature attribution for tree ensembles" (2018).
        """
        values = np.asarray(self.booster.predict(self.matrix(columns), pred_contrib=True, num_threads=1))
        return values[:, -1], values[:, :-1]

    def matrix(self, columns: Columns) -> np.ndarray:
        """Return the inputs as numbers, shape (n, k). A category is its position; missing and unknown are NaN."""
        return encode(columns, INPUTS, self.categories)
