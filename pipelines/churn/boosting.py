"""Gradient boosting over the same inputs as the splines.

`tune.json` has the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.trees.booster import encode
from pipelines.churn.columns import CATEGORIES, INPUTS
from pipelines.churn.derived import DERIVED, PAIRS, derived, known

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns

PARAMS = {
    "objective": "binary",
    "learning_rate": 0.03,
    "min_data_in_leaf": 20,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.4,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
LEAVES, ROUNDS, EXTENDED = 4, 300, False
NUMBERS_OF = [name for name in DERIVED if name not in PAIRS and not name.startswith("tenure")]


class Boosting:
    """A LightGBM booster and the codes of its categories. Trees find pairs themselves."""

    requirements = ("lightgbm", "numpy")

    def __init__(self, seed: int = 0, leaves: int = LEAVES, rounds: int = ROUNDS, extended: bool = EXTENDED):
        """extended: over sums and changes, too."""
        self.seed, self.leaves, self.rounds = seed, leaves, rounds
        self.names = [*INPUTS, *(NUMBERS_OF if extended else [])]

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Boosting:
        """Return the booster, fitted on rows. churned: 0 or 1, shape (n,)."""
        import lightgbm

        self.categories = {name: sorted(rows[name].dropna().unique()) for name in CATEGORIES}
        places = [self.names.index(name) for name in CATEGORIES]
        data = lightgbm.Dataset(self.matrix(rows), churned, categorical_feature=places)
        self.booster = lightgbm.train(PARAMS | {"num_leaves": self.leaves, "seed": self.seed}, data, self.rounds)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return np.asarray(self.booster.predict(self.matrix(columns), raw_score=True, num_threads=1))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and the exact SHAP values of the inputs, (n, k).

        That of a sum is divided evenly among its inputs. Lundberg et al., "Consistent individualized feature
        attribution for tree ensembles" (2018).
        """
        values = np.asarray(self.booster.predict(self.matrix(columns), pred_contrib=True, num_threads=1))
        parts = values[:, : len(INPUTS)].copy()
        for place, name in enumerate(self.names[len(INPUTS) :], len(INPUTS)):
            for one in DERIVED[name]:
                parts[:, INPUTS.index(one)] += values[:, place] / len(DERIVED[name])
        return values[:, -1], parts

    def matrix(self, columns: Columns) -> np.ndarray:
        """Return the inputs as numbers, shape (n, k). A category is its position; missing and unknown are NaN."""
        values = known(columns)
        return encode(values | derived(values), self.names, self.categories)
