"""Learn anew at the beginning of each year from all that came before it, and decide with that until its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data_sets import djia as data
from pipelines.trading import vectorized
from pipelines.trading.strategies.schedule import Since

if TYPE_CHECKING:
    from data_sets.djia import Market
    from pipelines.trading.strategies.schedule import Rule


def plan(rule: Rule, market: Market, since: str) -> np.ndarray:
    """Return the weights of a rule at each close from a date on, shape (days, n); NaN where it decides nothing."""
    made = np.full(market.closes.shape, np.nan)
    index = market.closes.index
    first = int(index.searchsorted(pd.Timestamp(since)))
    for year in sorted(set(index.year[first:])):
        begin = max(first, int(index.searchsorted(pd.Timestamp(year, 1, 1))))
        end = int(index.searchsorted(pd.Timestamp(year + 1, 1, 1)))
        before = data.Market(market.closes.iloc[:begin], market.volumes.iloc[:begin])
        until = data.Market(market.closes.iloc[:end], market.volumes.iloc[:end])
        start = f"{index[begin]:%Y-%m-%d}"
        made[begin:end] = vectorized.plan(Since(rule.fit(before), f"{index[first]:%Y-%m-%d}"), until, start)[begin:]
    return made
