"""Gradient boosting over the same inputs as the splines.

The study `tune` has the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.trees.boosted_score import BoostedScore
from pipelines.churn.columns import CATEGORIES, INPUTS
from pipelines.churn.splines import known

if TYPE_CHECKING:
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
LEAVES, ROUNDS = 4, 300


class Boosting(BoostedScore):
    """The log-odds of leaving. Trees find pairs themselves."""

    inputs, texts = INPUTS, CATEGORIES

    def __init__(self, seed: int = 0, leaves: int = LEAVES, rounds: int = ROUNDS):
        super().__init__(PARAMS | {"num_leaves": leaves, "seed": seed}, rounds)

    def values(self, columns: Columns) -> Columns:
        """Return the inputs."""
        return known(columns)
