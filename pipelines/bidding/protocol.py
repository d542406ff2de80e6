"""How the log is judged: episodes of 1,000 auctions in their order, at six budgets.

Protocol: Cai et al., "Real-time bidding by reinforcement learning in display advertising" (WSDM 2017), section 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.auctions.replay import NEVER, Episodes

if TYPE_CHECKING:
    import pandas as pd

EPISODE = 1_000  # auctions that share a budget
DIVISORS = (2, 4, 8, 16, 32, 64)  # a budget is what such auctions cost before, divided by one of these


def episodes(rows: pd.DataFrame, length: int = EPISODE) -> Episodes:
    """Return auctions in their order, dealt into episodes; the last one may end early."""
    count = -(-len(rows) // length)

    def dealt(column: str, after: float, kind: type) -> np.ndarray:
        values: np.ndarray = np.full(count * length, after, kind)
        values[: len(rows)] = rows[column]
        return values.reshape(count, length)

    return Episodes(dealt("click", 0, int), dealt("market_price", NEVER, int), dealt("ctr", 0.0, float))


def budget(history: pd.DataFrame, share: int, length: int = EPISODE) -> int:
    """Return the money of an episode. history: one row, with what was paid for how many impressions before."""
    return int(history["cost"].iloc[0] / history["impressions"].iloc[0] / share * length)
