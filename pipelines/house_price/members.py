"""The members of the stack: each predicts the logarithm of the price from derived codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipelines.house_price.coding import PLACE
from pipelines.house_price.columns import CATEGORIES
from pipelines.house_price.derived import Scaler

if TYPE_CHECKING:
    from lightgbm import Booster


class Member(Protocol):
    """What a stack is made of."""

    def fit(self, derived: np.ndarray, target: np.ndarray) -> Member:
        """Return the member, fitted. derived: shape (n, k). target: the logarithm of the price, shape (n,)."""

    def predict(self, derived: np.ndarray) -> np.ndarray:
        """Return the logarithm of the price, shape (n,)."""


class Boosting:
    """LightGBM. Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree" (2017)."""

    booster: Booster

    def __init__(
        self, seed: int = 0, leaves: int = 8, rounds: int = 600, rate: float = 0.04, share: float = 0.2, bags: int = 1
    ):
        """share: of the columns that a tree sees. bags: boosters with seeds of their own, whose mean is taken."""
        self.seed, self.leaves, self.rounds, self.rate, self.share = seed, leaves, rounds, rate, share
        self.bags = bags

    def fit(self, derived: np.ndarray, target: np.ndarray) -> Boosting:
        """Return the boosters, fitted on houses."""
        import lightgbm

        rows = lightgbm.Dataset(
            derived, target, categorical_feature=[PLACE[name] for name in CATEGORIES], free_raw_data=False
        )
        params = {
            **{"objective": "regression", "num_leaves": self.leaves, "learning_rate": self.rate, "verbosity": -1},
            **{"min_data_in_leaf": 8, "bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": self.share},
            **{"lambda_l2": 1.0, "cat_smooth": 20, "min_data_per_group": 20, "deterministic": True, "num_threads": 1},
            "force_row_wise": True,
        }
        self.boosters = [
            lightgbm.train(params | {"seed": 100 * self.seed + bag}, rows, self.rounds) for bag in range(self.bags)
        ]
        return self

    def predict(self, derived: np.ndarray) -> np.ndarray:
        """Return the logarithm of the price, shape (n,)."""
        predictions = [np.asarray(booster.predict(derived, num_threads=1)) for booster in self.boosters]
        return np.asarray(np.mean(predictions, axis=0))


class Vectors:
    """Support vector regression with a Gaussian kernel. Smola and Schölkopf, "A tutorial on SVR" (2004)."""

    def __init__(self, seed: int = 0, strength: float = 4.0, width: float = 0.0015, tube: float = 0.1):
        """strength: C. width: gamma. tube: epsilon, in standard deviations of the target."""
        self.strength, self.width, self.tube = strength, width, tube

    def fit(self, derived: np.ndarray, target: np.ndarray) -> Vectors:
        """Return the regression, fitted on houses."""
        from sklearn.svm import SVR

        self.scaler = Scaler().fit(derived)
        self.mean, self.scale = target.mean(), target.std()
        inputs = self.scaler.transform(derived)
        regression: Any = SVR(C=self.strength, gamma=self.width, epsilon=self.tube, cache_size=500)
        regression.fit(inputs, (target - self.mean) / self.scale)
        self.vectors, self.weights = regression.support_vectors_, regression.dual_coef_[0]
        self.squares, self.intercept = (self.vectors**2).sum(axis=1), float(regression.intercept_[0])
        return self

    def predict(self, derived: np.ndarray) -> np.ndarray:
        """Return the logarithm of the price, shape (n,). One matrix product: libsvm takes ten times as long."""
        inputs = self.scaler.transform(derived)
        squares = (inputs**2).sum(axis=1)[:, None] + self.squares - 2 * inputs @ self.vectors.T
        scaled: np.ndarray = np.exp(-self.width * squares) @ self.weights + self.intercept
        return np.asarray(scaled * self.scale + self.mean)


class Net:
    """An elastic net over standardized numbers, their squares and products with the size, and categories."""

    def __init__(self, seed: int = 0, penalty: float = 0.001, lasso: float = 0.3):
        """penalty: alpha. lasso: the share of the absolute penalty."""
        self.penalty, self.lasso = penalty, lasso

    def fit(self, derived: np.ndarray, target: np.ndarray) -> Net:
        """Return the regression, fitted on houses."""
        from sklearn.linear_model import ElasticNet

        self.scaler = Scaler().fit(derived)
        line: Any = ElasticNet(alpha=self.penalty, l1_ratio=self.lasso, max_iter=30_000)
        line.fit(self.scaler.transform(derived), target)
        self.weights, self.intercept = line.coef_, float(line.intercept_)
        return self

    def predict(self, derived: np.ndarray) -> np.ndarray:
        """Return the logarithm of the price, shape (n,)."""
        log_price: np.ndarray = self.scaler.transform(derived) @ self.weights + self.intercept
        return log_price
