"""Buy what fell most in the last days.

Source: Lehmann, "Fads, martingales, and market efficiency" (1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.backtest.engine import Past
from models.strategies.schedule import Rule, top


@dataclass(frozen=True)
class MeanReversion(Rule):
    """The same weight for the stocks with the lowest past return, chosen again each week. window: days."""

    window: int = 5
    held: int = 10
    period = "W"

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close."""
        return top(-past.closes[-1] / past.closes[-1 - self.window], self.held)
