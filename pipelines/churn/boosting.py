"""Gradient boosting over the same inputs as the splines.

The study `tune` has the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.trees.boosted_score import BoostedScore
from pipelines.churn.columns import CATEGORIES, INPUTS
from pipelines.churn.derived import DERIVED, PAIRS, derived, known

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
LEAVES, ROUNDS, EXTENDED = 4, 300, False
NUMBERS_OF = [name for name in DERIVED if name not in PAIRS and not name.startswith("tenure")]


class Boosting(BoostedScore):
    """The log-odds of leaving. Trees find pairs themselves."""

    inputs, texts, made_of = INPUTS, CATEGORIES, DERIVED

    def __init__(self, seed: int = 0, leaves: int = LEAVES, rounds: int = ROUNDS, extended: bool = EXTENDED):
        """extended: over sums and changes, too."""
        super().__init__(PARAMS | {"num_leaves": leaves, "seed": seed}, rounds, NUMBERS_OF if extended else [])

    def values(self, columns: Columns) -> Columns:
        """Return the inputs, and what follows from them."""
        values = known(columns)
        return values | derived(values)
