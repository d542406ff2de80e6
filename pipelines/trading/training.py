"""From past prices to what is served: a rule by its name, and how far the risk it expects was from what came."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from pipelines.trading import data, vectorized
from pipelines.trading.indicators import PAST
from pipelines.trading.model import YEAR, TradingModel, moves
from pipelines.trading.strategies.schedule import Rule
from pipelines.trading.variants import CHOSEN

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.trading.data import Market

LEAST = PAST + YEAR  # days: a year to decide from, and a year of decisions


def fit(prices: pd.DataFrame, strategy: str, seed: int = 0) -> TradingModel:
    """Return the model. prices: rows of `data.load`. strategy: a name of `CHOSEN`, or of `ALLOCATIONS`."""
    market = data.market(prices)
    if len(market.closes) < LEAST:
        raise CapstanError(f"{len(market.closes)} days of prices are too few: {LEAST} are needed. Give earlier ones.")
    rule = named(strategy).fit(market)
    return TradingModel(strategy, rule, inflation(rule, market))


def named(strategy: str) -> Rule:
    """Return the rule of a name."""
    if strategy not in CHOSEN:
        raise CapstanError(f"There is no strategy {strategy!r}. Take one of: {', '.join(CHOSEN)}.")
    return CHOSEN[strategy]


def inflation(rule: Rule, market: Market) -> float:
    """Return by how much volatility was above what was expected from the year before: a factor.

    Weights that are chosen for their low risk in a year have more of it in the next.
    """
    plan, closes = vectorized.plan(rule, market), market.closes.to_numpy()
    decided = [*np.flatnonzero(~np.isnan(plan).any(axis=1)), len(plan)]
    surprises: list[np.ndarray] = []
    for first, last in pairwise(decided):
        weights = plan[first]
        expected = moves(weights, closes[max(0, first + 1 - PAST) : first + 1]).std()
        if expected > 0 and last - first > 1:
            surprises.append(moves(weights, closes[first:last]) / expected)
    if not surprises:
        raise CapstanError("The strategy never decided anything in these prices. Give earlier ones as well.")
    return float(np.sqrt(np.mean(np.concatenate(surprises) ** 2)))
