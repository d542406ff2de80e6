"""From past prices to what is served: a rule by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from models.finance.bootstrap import YEAR
from pipelines.trading import days
from pipelines.trading.indicators import PAST
from pipelines.trading.model import TradingModel
from pipelines.trading.ranker import Ranker
from pipelines.trading.variants import CHOSEN

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables

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
    return TradingModel(strategy, rule)
