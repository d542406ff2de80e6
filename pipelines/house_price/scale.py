"""How large an error is to be expected of a house: a booster of the absolute errors out of fold."""

from __future__ import annotations

import numpy as np

LEAST = 0.02  # of the logarithm: no house is surer than 2 %


class Scale:
    """Expects the absolute error of the logarithm of the price."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, derived: np.ndarray, errors: np.ndarray) -> Scale:
        """Return the booster. derived: shape (n, k). errors: absolute, of predictions out of fold, shape (n,).

        Gamma regression: the logarithm of the mean is fitted, and a few large errors do not rule.
        """
        import lightgbm

        params = {
            **{"objective": "gamma", "num_leaves": 6, "learning_rate": 0.03, "min_data_in_leaf": 30, "verbosity": -1},
            **{"feature_fraction": 0.3, "bagging_fraction": 0.7, "bagging_freq": 1, "seed": self.seed},
            **{"deterministic": True, "force_row_wise": True, "num_threads": 1},
        }
        self.booster = lightgbm.train(params, lightgbm.Dataset(derived, np.maximum(errors, 1e-3)), 100)
        return self

    def predict(self, derived: np.ndarray) -> np.ndarray:
        """Return the error that is to be expected, shape (n,)."""
        expected: np.ndarray = np.maximum(np.asarray(self.booster.predict(derived, num_threads=1)), LEAST)
        return expected
