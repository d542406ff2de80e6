"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.backtest.engine import Past
from models.strategies.schedule import Rule, begins
from pipelines.trading import training
from pipelines.trading.model import TradingModel

DRAWN = 20  # of the 31 stocks


@dataclass(frozen=True)
class AtRandom(Rule):
    """Equal weights of stocks that were drawn once."""

    seed: int

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights."""
        order = np.random.default_rng(self.seed).permutation(len(past.tickers))
        return np.where(order < DRAWN, 1 / DRAWN, 0.0)


@dataclass(frozen=True)
class Later(Rule):
    """A rule that decides some days later."""

    rule: Rule
    days: int

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights of the rule."""
        return self.rule.weights(past)

    def due(self, past: Past) -> bool:
        """Return whether the rule was due so many days ago."""
        then = Past(past.tickers, past.days[: -self.days or None], past.closes[: -self.days or None])
        return len(past.days) >= self.least and begins(then, self.rule.period)


def random_answer(model: TradingModel, seed: int) -> TradingModel:
    """Hold stocks that were drawn."""
    return TradingModel("at random", AtRandom(seed))


def twin(past: dict[str, pd.DataFrame], seed: int, parameters: Mapping[str, Any]) -> TradingModel:
    """Return the strategy on another trading day of the month."""
    model = training.fit(past, "equal weights")
    return TradingModel(model.name, Later(model.rule, seed))
