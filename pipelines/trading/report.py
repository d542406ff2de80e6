"""What a run shows: what an account became, compared with one that holds all stocks, and the two cards."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.contract.evaluation import Evaluation, Section
from models.backtest import vectorized
from models.backtest.market import Market
from models.finance import bootstrap
from models.finance.bootstrap import YEAR
from models.finance.filtered_history import tomorrow
from models.finance.overfitting import luckiest, probabilistic_sharpe
from models.strategies.buy_and_hold import BuyAndHold
from models.strategies.schedule import Since
from pipelines.trading import cards, days
from pipelines.trading.indicators import PAST
from pipelines.trading.model import TAIL, moves
from pipelines.trading.variants import SPREAD, TRIALS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from capstan.contract.capstone import Tables
    from pipelines.trading.model import TradingModel

CASH = 100_000_000  # cents: a million dollars
HOLDING = "holding all stocks"


class Tested(NamedTuple):
    """Accounts over the days of a test. equity: cents, shape (strategies, days). costs: share of the equity a year."""

    days: pd.DatetimeIndex
    equity: np.ndarray
    costs: np.ndarray

    @property
    def returns(self) -> np.ndarray:
        """Simple daily returns, shape (strategies, days - 1)."""
        return np.asarray(self.equity[:, 1:] / self.equity[:, :-1] - 1)


def tested(plans: np.ndarray, market: Market, since: pd.Timestamp) -> Tested:
    """Return what accounts became that follow plans, shape (strategies, days, stocks), from a day on."""
    first = int(market.closes.index.searchsorted(since))
    part = Market(market.closes.iloc[first:], market.volumes.iloc[first:])
    accounts = vectorized.run(plans[:, first:], part, CASH)
    paid = accounts.cost.sum(axis=1) / accounts.equity.mean(axis=1) / len(part.closes) * YEAR
    return Tested(part.closes.index, accounts.equity, paid)


def evaluate(model: TradingModel, tables: Tables) -> Evaluation:
    """Return the metrics on days that were not learned from, with costs, and the sections of the report.

    Days are the units. Nothing may earn less than holding all stocks, or be riskier, by more than the slack, with the
    whole interval: so a strategy that departs from them must show that it is worth it. `deflated_sharpe` counts all
    trials.
    """
    market = days.by_day(tables["prices"])
    since = tables["weeks"][EVENT_TIMESTAMP].min().tz_convert("America/New_York").tz_localize(None).normalize()
    start = f"{since:%Y-%m-%d}"
    rule = Since(model.rule, start)
    plan = vectorized.plan(rule, market, start)
    both = tested(np.stack([plan, vectorized.plan(BuyAndHold(start), market, start)]), market, since)
    own, holding = both.returns
    units, baseline = by_day(own, holding), by_day(holding, holding)
    metrics = units.mean().to_dict() | {
        "deflated_sharpe": probabilistic_sharpe(own, luckiest(TRIALS, SPREAD**2)),
        "drawdown": drawdown(both.equity[0]),
        "costs": float(both.costs[0]),
        "coverage_error": abs(exceeded(plan, market) - TAIL),
        "sharpe": float(bootstrap.yearly_sharpe(own)),
        "leak": vectorized.leak(rule, market, plan),
    }
    table = pd.DataFrame({model.name: summary(own, both.equity[0]), HOLDING: summary(holding, both.equity[1])}).T
    sections = [
        Section("Compared with holding all stocks, after costs", table.reset_index(names="strategy")),
        Section("What a million dollars became", figure(both, model.name)),
        *cards.sections(model, tables, metrics),
    ]
    return Evaluation(metrics, sections, units, {HOLDING: baseline}, {HOLDING: list(baseline)})


def summary(returns: np.ndarray, equity: np.ndarray) -> dict[str, float]:
    """Return what is usually asked of a strategy: by year, after costs."""
    return {
        "return": float((equity[-1] / equity[0]) ** (YEAR / len(returns)) - 1),
        "volatility": float(returns.std() * np.sqrt(YEAR)),
        "sharpe": float(bootstrap.yearly_sharpe(returns)),
        "drawdown": drawdown(equity),
    }


def drawdown(equity: np.ndarray) -> float:
    """Return the largest fall from a height, as a share of it."""
    return float((1 - equity / np.maximum.accumulate(equity)).max())


def exceeded(plan: np.ndarray, market: Market) -> float:
    """Return the share of days that lost more than the value at risk of the close before, which is meant to be TAIL."""
    closes = market.closes.to_numpy()
    decided = [*np.flatnonzero(~np.isnan(plan).any(axis=1)), len(plan)]
    beyond = []
    for first, last in pairwise(decided):
        gone = moves(plan[first], closes[max(0, first + 1 - PAST) : last])
        known = len(gone) - (last - first - 1)  # days until the decision
        for day in range(known, len(gone)):
            beyond.append(-gone[day] > tomorrow(gone[max(0, day + 1 - PAST) : day]).beyond(TAIL)[0])
    return float(np.mean(beyond))


def by_day(own: np.ndarray, holding: np.ndarray) -> pd.DataFrame:
    """Return return and risk as a value per day, whose mean is that of a year. own, holding: daily returns.

    Risk is the variance, as a share of that of holding all stocks.
    """
    return pd.DataFrame({"return": YEAR * own, "risk": (own - own.mean()) ** 2 / holding.var()})


def figure(both: Tested, name: str) -> Figure:
    """Return the equity of both accounts by day."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7, 3.5))
    axes = drawn.subplots()
    for label, equity in zip((name, HOLDING), both.equity, strict=True):
        axes.plot(both.days, equity / 1e8, label=label)
    axes.set_ylabel("million $")
    axes.legend()
    return drawn
