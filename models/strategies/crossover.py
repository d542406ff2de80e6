"""Hold a stock while its short moving average is above its long one.

Source: Brock, Lakonishok and LeBaron, "Simple technical trading rules and the stochastic properties of stock returns"
(1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.backtest.engine import Past
from models.strategies.schedule import Rule


@dataclass(frozen=True)
class Crossover(Rule):
    """The same weight for each stock whose short average is above its long one, changed when one crosses. Days."""

    short: int = 50
    long: int = 200

    def above(self, closes: np.ndarray) -> np.ndarray:
        """Return for which stocks the short average is above the long one, shape (n,)."""
        return np.asarray(closes[-self.short :].mean(axis=0) > closes[-self.long :].mean(axis=0))

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close. What is above none is cash."""
        return self.above(past.closes) / len(past.tickers)

    def due(self, past: Past) -> bool:
        """Return whether a stock crossed at the last close, or the averages are known for the first time."""
        if len(past.days) <= self.long:
            return len(past.days) == self.long
        return bool((self.above(past.closes) != self.above(past.closes[:-1])).any())
