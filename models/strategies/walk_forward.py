"""Learn again at the beginning of each year from all that came before it, and decide with that until its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.backtest import vectorized
from models.backtest.market import Market
from models.strategies.schedule import Since

if TYPE_CHECKING:
    from models.strategies.schedule import Rule


def plan(rule: Rule, market: Market, since: str) -> np.ndarray:
    """Return the weights of a rule at each close from a date on, shape (days, n); NaN where it decides nothing."""
    weights = np.full(market.closes.shape, np.nan)
    index = market.closes.index
    first = int(index.searchsorted(pd.Timestamp(since)))
    for year in sorted(set(index.year[first:])):
        begin = max(first, int(index.searchsorted(pd.Timestamp(year, 1, 1))))
        end = int(index.searchsorted(pd.Timestamp(year + 1, 1, 1)))
        before = Market(market.closes.iloc[:begin], market.volumes.iloc[:begin])
        until = Market(market.closes.iloc[:end], market.volumes.iloc[:end])
        start = f"{index[begin]:%Y-%m-%d}"
        weights[begin:end] = vectorized.plan(Since(rule.fit(before), f"{index[first]:%Y-%m-%d}"), until, start)[begin:]
    return weights
