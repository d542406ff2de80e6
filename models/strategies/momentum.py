"""Buy what rose most in the last year, leaving out its last month.

Source: Jegadeesh and Titman, "Returns to buying winners and selling losers" (1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.backtest.engine import Past
from models.strategies.schedule import Rule, top


@dataclass(frozen=True)
class Momentum(Rule):
    """The same weight for the stocks with the highest past return, chosen again each month. window, skip: days."""

    window: int = 252
    skip: int = 21
    held: int = 10

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close."""
        return top(past.closes[-1 - self.skip] / past.closes[-1 - self.window], self.held)
