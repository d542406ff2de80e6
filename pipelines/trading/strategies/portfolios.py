"""A portfolio of `allocations.py`, made anew each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.trading.allocations import ALLOCATIONS, WINDOW
from pipelines.trading.engine import Past
from pipelines.trading.strategies.schedule import begins


@dataclass(frozen=True)
class Portfolio:
    """The weights of one way to allocate. name: a key of `ALLOCATIONS`."""

    name: str

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close, shape (n,)."""
        closes = pd.DataFrame(past.closes[-WINDOW - 1 :], columns=list(past.tickers))
        return np.asarray(ALLOCATIONS[self.name](closes).to_numpy(float))

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights at the first close of a month."""
        return self.weights(past) if len(past.days) > WINDOW and begins(past, "M") else None
