"""The baseline: buy the same value of each stock once, and never trade again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.backtest.engine import Past
from models.strategies.schedule import Rule


@dataclass(frozen=True)
class BuyAndHold(Rule):
    """Equal weights at the first close from a date on. start: ISO date."""

    start: str

    def weights(self, past: Past) -> np.ndarray:
        """Return equal weights."""
        return np.full(len(past.tickers), 1 / len(past.tickers))

    def due(self, past: Past) -> bool:
        """Return whether the last close is the first one from the start on."""
        start = np.datetime64(self.start, "D")
        return bool(past.days[-1] >= start and (len(past.days) == 1 or past.days[-2] < start))
