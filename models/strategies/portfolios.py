"""A portfolio of `allocations.py`, made again each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.backtest.engine import Past
from models.strategies.allocations import ALLOCATIONS, WINDOW
from models.strategies.schedule import Rule


@dataclass(frozen=True)
class Portfolio(Rule):
    """The weights of one way to allocate. name: a key of `ALLOCATIONS`."""

    name: str = "minimum variance"

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close."""
        closes = pd.DataFrame(past.closes[-WINDOW - 1 :], columns=list(past.tickers))
        return np.asarray(ALLOCATIONS[self.name](closes).to_numpy(float))
