"""Buy what fell most in the last days.

Source: Lehmann, "Fads, martingales, and market efficiency" (1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.trading.engine import Past
from pipelines.trading.strategies.schedule import begins, equal


@dataclass(frozen=True)
class MeanReversion:
    """Equal weights of the stocks with the lowest past return, chosen anew each week. window: days."""

    window: int = 5
    held: int = 10

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights at the first close of a week."""
        if len(past.days) <= self.window or not begins(past, "W"):
            return None
        fell = past.closes[-1] / past.closes[-1 - self.window]
        return equal(np.argsort(np.argsort(fell, kind="stable")) < self.held)
