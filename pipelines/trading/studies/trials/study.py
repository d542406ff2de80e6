"""Which setting of each strategy is the best on the years before those that test?

Daily Sharpe ratios and volatilities on 2009 to 2012, which choose, on 2013 and 2014, which validate, and on both.
Strategies that learn do so again each year from all that came before it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study
from capstan.study.choices import Setting
from data_sets import djia as data
from models.finance import bootstrap
from models.finance.overfitting import sharpe
from models.strategies import walk_forward
from models.strategies.allocations import ALLOCATIONS
from models.strategies.crossover import Crossover
from models.strategies.mean_reversion import MeanReversion
from models.strategies.momentum import Momentum
from models.strategies.pairs import Pairs
from models.strategies.policy_gradient import PolicyGradient
from models.strategies.portfolios import Portfolio
from models.strategies.q_learning import QLearning
from pipelines.trading import days, report
from pipelines.trading.ranker import Ridge, Trees

if TYPE_CHECKING:
    from models.backtest.market import Market

SINCE, VALIDATED, UNTIL = "2009-01-02", "2013-01-01", "2014-12-31"
FAMILIES = Choices({
    "momentum": (Momentum, {"window": (252, 126), "skip": (21, 0), "held": (10, 5)}),
    "mean reversion": (MeanReversion, {"window": (5, 1, 21), "held": (10, 5)}),
    "crossover": (Crossover, {"short": (50, 20), "long": (200, 100)}),
    "pairs": (Pairs, {"window": (180, 120), "enter": (2.0, 1.5, 2.5)}),
    "ridge ranker": (Ridge, {"penalty": (100.0, 10.0, 1000.0), "held": (10, 5)}),
    "trees ranker": (Trees, {"leaves": (4, 8), "rounds": (50, 200)}),
    "Q-learning": (QLearning, {"rounds": (100, 20), "discount": (0.9, 0.5)}),
    "policy gradient": (PolicyGradient, {"episodes": (2_000, 500), "discount": (0.9, 0.5)}),
    "portfolio": (Portfolio, {"name": tuple(ALLOCATIONS)}),
}, score="sharpe")  # fmt: skip


@cache
def until(day: str = UNTIL) -> Market:
    """Return the prices up to a day."""
    return days.by_day(data.load(data.find(settings().data_dir))).until(day)


def returns(family: str, setting: Setting, market: Market, since: str = SINCE) -> np.ndarray:
    """Return the daily returns after costs of a setting, walked forward."""
    plan = walk_forward.plan(FAMILIES.kind(family)(**setting), market, since)
    return np.asarray(report.tested(plan[None], market, pd.Timestamp(since)).returns[0])


def trial(family: str, setting: str) -> Line:
    """Return the scores of a setting."""
    return scores(family, FAMILIES.setting(family, setting), until())


def scores(family: str, setting: Setting, market: Market) -> Line:
    """Return the scores of a setting. market: until the end of 2014."""
    daily = returns(family, setting, market)
    first = len(daily) - len(market.closes.loc[VALIDATED:])
    learned, validated = daily[:first], daily[first:]
    return {
        "sharpe": sharpe(learned),
        "sharpe_validated": sharpe(validated),
        "sharpe_both": sharpe(daily),
        "volatility": float(learned.std()),
        "volatility_validated": float(validated.std()),
    }


def spread(lines: pd.DataFrame) -> float:
    """Return the standard deviation of the daily Sharpe ratios of all trials."""
    return float(lines["sharpe_both"].std(ddof=1))


YEARLY = np.sqrt(bootstrap.YEAR)
STUDY = Study(
    measures=[Measure(trial, FAMILIES.cases(), seeds=0)],
    tables=[
        FAMILIES.table(
            {
                "Sharpe ratio, 2009 to 2012": lambda rows: f"{YEARLY * rows['sharpe'].mean():.2f}",
                "2013 and 2014": lambda rows: f"{YEARLY * rows['sharpe_validated'].mean():.2f}",
            }
        )
    ],
)
