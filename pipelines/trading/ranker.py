"""Learn to rank stocks by their next month, from what is known of each at a close.

Each indicator and each label is its rank among the stocks of the day, so that only differences between stocks count.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from capstan.errors import CapstanError
from models.backtest.engine import Past
from models.strategies.schedule import Rule, top
from pipelines.trading.indicators import INDICATORS, NEXT, indicators

if TYPE_CHECKING:
    import pandas as pd

    from models.backtest.market import Market

LEAST_WEEKS = 52


def ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from -0.5 to 0.5 along the last axis."""
    order = values.argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable")
    return np.asarray(order / max(values.shape[-1] - 1, 1) - 0.5)


def samples(weeks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs, shape (weeks, n, k), and labels, shape (weeks, n), of weeks with their features."""
    inputs = np.stack([np.stack(weeks[name].to_numpy()) for name in INDICATORS], axis=-1)
    return ranks(inputs.swapaxes(1, 2)).swapaxes(1, 2), ranks(np.stack(weeks[NEXT].to_numpy()))


@dataclass(frozen=True)
class Ranker(Rule):
    """The same weight for the stocks that are ranked highest, chosen again each month."""

    learned: Any = None
    held: int = 10

    def fit(self, market: Market) -> Self:
        """Return the rule as it learned from prices: of each week, what was known, and the month after."""
        from pipelines.trading import days

        return self.learn(days.weeks(market))

    def learn(self, weeks: pd.DataFrame) -> Self:
        """Return the rule as it learned from weeks with their features and labels."""
        if len(weeks) < LEAST_WEEKS:
            raise CapstanError(f"{len(weeks)} weeks are too few to learn from: {LEAST_WEEKS} are needed.")
        inputs, labels = samples(weeks)
        return replace(self, learned=self.regression(inputs.reshape(-1, inputs.shape[-1]), labels.ravel()))

    @abstractmethod
    def regression(self, inputs: np.ndarray, labels: np.ndarray) -> Any:
        """Return what predicts a label. inputs: shape (m, k). labels: shape (m,)."""

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Return how each stock is expected to rank, shape (n,). inputs: ranks, shape (n, k)."""
        return np.asarray(self.learned.predict(inputs))

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close."""
        known = indicators(past.closes)
        return top(self.scores(ranks(np.stack([known[name] for name in INDICATORS])).T), self.held)


@dataclass(frozen=True)
class Ridge(Ranker):
    """A linear ranker, whose coefficients are shrunk."""

    penalty: float = 100.0

    def regression(self, inputs: np.ndarray, labels: np.ndarray) -> Any:
        """Return the coefficients."""
        return np.linalg.solve(inputs.T @ inputs + self.penalty * np.eye(inputs.shape[1]), inputs.T @ labels)

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Return how each stock is expected to rank, shape (n,)."""
        return np.asarray(inputs @ self.learned)


@dataclass(frozen=True)
class Trees(Ranker):
    """LightGBM."""

    leaves: int = 4
    rounds: int = 50
    seed: int = 0

    def regression(self, inputs: np.ndarray, labels: np.ndarray) -> Any:
        """Return the trees."""
        import lightgbm

        settings = {"objective": "l2", "num_leaves": self.leaves, "learning_rate": 0.05, "min_data_in_leaf": 200}
        settings |= {"seed": self.seed, "deterministic": True, "force_row_wise": True, "num_threads": 1}
        return lightgbm.train(settings | {"verbose": -1}, lightgbm.Dataset(inputs, labels), self.rounds)
