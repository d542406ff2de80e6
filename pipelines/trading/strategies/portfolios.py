"""A portfolio of `allocations.py`, made anew each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.trading.allocations import ALLOCATIONS, WINDOW
from pipelines.trading.engine import Past
from pipelines.trading.strategies.schedule import Rule


@dataclass(frozen=True)
class Portfolio(Rule):
    """The weights of one way to allocate. name: a key of `ALLOCATIONS`."""

    name: str = "minimum variance"

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close."""
        closes = pd.DataFrame(past.closes[-WINDOW - 1 :], columns=list(past.tickers))
        return np.asarray(ALLOCATIONS[self.name](closes).to_numpy(float))
