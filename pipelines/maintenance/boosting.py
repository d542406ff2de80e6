"""Gradient boosting over the features of a cycle: the mean of the capped remaining life."""

from __future__ import annotations

import numpy as np

from pipelines.maintenance.columns import CAP

# See the study `tune`.
LEAVES, ROUNDS = 31, 300
RATE, SHARE, STRIDE = 0.05, 0.3, 4


class Boosting:
    """LightGBM on every STRIDE-th cycle of each engine: neighbours say almost the same."""

    def __init__(self, seed: int, leaves: int = LEAVES, rounds: int = ROUNDS):
        self.seed, self.leaves, self.rounds = seed, leaves, rounds

    def fit(self, features: list[np.ndarray], left: list[np.ndarray]) -> Boosting:
        """Return the model. features, left: of each engine, shapes (n, f) and (n,)."""
        import lightgbm

        starts = [place % STRIDE for place in range(len(left))]
        rows = np.concatenate([own[start::STRIDE] for own, start in zip(features, starts, strict=True)])
        target = np.concatenate([own[start::STRIDE] for own, start in zip(left, starts, strict=True)])
        settings = {
            **{"objective": "l2", "num_leaves": self.leaves, "learning_rate": RATE, "feature_fraction": SHARE},
            **{"bagging_fraction": 0.7, "bagging_freq": 1, "seed": self.seed, "num_threads": 1, "verbose": -1},
            **{"deterministic": True, "force_row_wise": True},
        }
        self.booster = lightgbm.train(settings, lightgbm.Dataset(rows, np.minimum(target, CAP)), self.rounds)
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the cycles that are left, at least 0 and at most CAP, shape (n,). features: shape (n, f)."""
        return np.clip(self.booster.predict(features, num_threads=1), 0, CAP)

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """Return exact SHAP values, in cycles, with the base in the last column, shape (n, f + 1)."""
        return np.asarray(self.booster.predict(features, pred_contrib=True, num_threads=1))
