"""From past prices to what is served: a rule by its name, and how far the risk it expects was from what came."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from models.backtest import vectorized
from models.finance.bootstrap import YEAR
from models.strategies.schedule import Rule, Since
from pipelines.trading import days
from pipelines.trading.indicators import PAST
from pipelines.trading.model import TradingModel, moves
from pipelines.trading.ranker import Ranker
from pipelines.trading.variants import CHOSEN

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables
    from models.backtest.market import Market

LEAST = PAST + YEAR  # days: a year to decide from, and a year of decisions


def fit(tables: Tables, strategy: str, seed: int = 0) -> TradingModel:
    """Return the model. tables: those of `split`. strategy: a name of `CHOSEN`. seed: of those that draw.

    A ranker learns from the features as they were joined, the others from the prices.
    """
    market = days.by_day(tables["prices"])
    if len(market.closes) < LEAST:
        raise CapstanError(f"{len(market.closes)} days of prices are too few: {LEAST} are needed. Give earlier ones.")
    if strategy not in CHOSEN:
        raise CapstanError(f"There is no strategy {strategy!r}. Take one of: {', '.join(CHOSEN)}.")
    rule = CHOSEN[strategy].seeded(seed)
    rule = rule.learn(tables["weeks"]) if isinstance(rule, Ranker) else rule.fit(market)
    return TradingModel(strategy, rule, inflation(rule, market))


def inflation(rule: Rule, market: Market) -> float:
    """Return by how much volatility was above what was expected from the year before: a factor.

    Weights that are chosen for their low risk in a year have more of it in the next.
    """
    opened = Since(rule, f"{market.closes.index[PAST]:%Y-%m-%d}")
    plan, closes = vectorized.plan(opened, market), market.closes.to_numpy()
    decided = [*np.flatnonzero(~np.isnan(plan).any(axis=1)), len(plan)]
    surprises: list[np.ndarray] = []
    for first, last in pairwise(decided):
        weights = plan[first]
        expected = moves(weights, closes[max(0, first + 1 - PAST) : first + 1]).std()
        if expected > 0 and last - first > 1:
            surprises.append(moves(weights, closes[first:last]) / expected)
    return float(np.sqrt(np.mean(np.concatenate(surprises) ** 2))) if surprises else 1.0
