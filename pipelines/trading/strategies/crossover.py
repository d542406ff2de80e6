"""Hold a stock while its short moving average is above its long one.

Source: Brock, Lakonishok and LeBaron, "Simple technical trading rules and the stochastic properties of stock returns"
(1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.trading.engine import Past


@dataclass(frozen=True)
class Crossover:
    """The same weight for each stock whose short average is above its long one, changed when one crosses. Days."""

    short: int = 50
    long: int = 200

    def above(self, closes: np.ndarray) -> np.ndarray:
        """Return for which stocks the short average is above the long one, shape (n,)."""
        return np.asarray(closes[-self.short :].mean(axis=0) > closes[-self.long :].mean(axis=0))

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights at the first close with a long average, and whenever a stock crosses."""
        if len(past.days) < self.long:
            return None
        now = self.above(past.closes)
        if len(past.days) > self.long and (now == self.above(past.closes[:-1])).all():
            return None
        return now / len(past.tickers)
