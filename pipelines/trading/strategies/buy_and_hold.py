"""The baseline: buy the same value of each stock once, and never trade again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.trading.engine import Past


@dataclass(frozen=True)
class BuyAndHold:
    """Equal weights at the first close from a date on. start: ISO date."""

    start: str

    def decide(self, past: Past) -> np.ndarray | None:
        """Return equal weights on the first day, None later."""
        start, width = np.datetime64(self.start, "D"), len(past.tickers)
        first = past.days[-1] >= start and (len(past.days) == 1 or past.days[-2] < start)
        return np.full(width, 1 / width) if first else None
