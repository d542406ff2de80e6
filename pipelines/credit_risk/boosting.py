"""Gradient boosting over the same inputs as the scorecard: what the ways to a fairer decision are compared with."""

from models.trees.boosted_score import BoostedScore
from pipelines.credit_risk.columns import CATEGORIES, INPUTS

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


class Boosting(BoostedScore):
    """The log-odds of a bad loan."""

    inputs, texts = INPUTS, CATEGORIES

    def __init__(self, seed: int = 0):
        super().__init__(PARAMS | {"seed": seed}, ROUNDS)
