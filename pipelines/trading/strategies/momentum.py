"""Buy what rose most in the last year, leaving out its last month.

Source: Jegadeesh and Titman, "Returns to buying winners and selling losers" (1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.trading.engine import Past
from pipelines.trading.strategies.schedule import begins, equal


@dataclass(frozen=True)
class Momentum:
    """Equal weights of the stocks with the highest past return, chosen anew each month. window, skip: days."""

    window: int = 252
    skip: int = 21
    held: int = 10

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights at the first close of a month."""
        if len(past.days) <= self.window or not begins(past, "M"):
            return None
        rose = past.closes[-1 - self.skip] / past.closes[-1 - self.window]
        return equal(np.argsort(np.argsort(-rose, kind="stable")) < self.held)
