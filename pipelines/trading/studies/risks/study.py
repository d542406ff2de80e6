"""Were the limits of risk right, and what would 2008 have cost?

- limits: how often and how deep the losses of the stocks in equal parts went beyond limits known the day before;
- crisis: the worst weeks, months and quarters of the strategies from 2007 to 2009;
- stocks: the limits of each stock alone, counted together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from data_sets import djia as data
from models.backtest import vectorized
from models.backtest.engine import Past
from models.backtest.market import Market
from models.finance.coverage import coverage
from models.finance.value_at_risk import LEVELS, METHODS, WINDOW, Forecasts
from models.strategies.buy_and_hold import BuyAndHold
from models.strategies.schedule import Rule, Since
from pipelines.trading import days as of_days
from pipelines.trading.report import HOLDING, drawdown, tested
from pipelines.trading.variants import CHOSEN

ALL = "2008 to 2017"
PERIODS = {
    ALL: ("2008", "2017"),
    "2008 and 2009": ("2008", "2009"),
    "2010 to 2014": ("2010", "2014"),
    "2015 to 2017": ("2015", "2017"),
}
CRISIS = "2007-02-01", "2009-12-31"  # the first month for which a year is known
HORIZONS = {"week": 5, "month": 21, "quarter": 63}
REJECTED = 0.05


@cache
def prices() -> Market:
    """Return all prices."""
    return of_days.by_day(data.load(data.find(settings().data_dir)))


def limits_of(returns: pd.Series) -> Iterator[Line]:
    """Yield a line per period, level and method: the tests of limits that were known the day before."""
    values = returns.to_numpy()
    days = pd.Series(range(len(values) - WINDOW), returns.index[WINDOW:])
    for level in LEVELS:
        for name, method in METHODS.items():
            forecasts = method(values, level)
            for period, (first, last) in PERIODS.items():
                rows = days.loc[first:last].to_numpy()
                part = Forecasts(forecasts.limits[rows], forecasts.tails[rows])
                shortfall = float(part.shortfalls.mean())
                yield {"period": period, "level": level, "method": name, "shortfall": shortfall} | coverage(
                    values[WINDOW:][rows], part, level
                )._asdict()


def rejected(closes: pd.DataFrame) -> Iterator[Line]:
    """Yield a line per level and method: for how many of the stocks each test rejects it."""
    lines = [
        line | {"ticker": ticker}
        for ticker in closes
        for line in limits_of(closes[ticker].pct_change().iloc[1:])
        if line["period"] == ALL
    ]
    for (level, name), rows in pd.DataFrame(lines).groupby(["level", "method"], sort=False):
        counts = {test: int((rows[test] < REJECTED).sum()) for test in ("often", "clustered", "deep")}
        totals = {total: float(rows[total].sum()) for total in ("days", "expected", "violations")}
        yield {"period": ALL, "level": level, "method": name, "stocks": len(rows)} | totals | counts


def crisis_of(market: Market, names: Iterable[str] = tuple(CHOSEN)) -> Iterator[Line]:
    """Yield a line per strategy: the worst stretches of an account that followed it, and of its last weights.

    The account decides as it would have then, and pays costs. The weights are those of the end of the data, kept at
    each close of the crisis, without costs. Strategies that learn are left out: one year is too little for them.
    names: of `CHOSEN`.
    """
    first, last = CRISIS
    part, crash = market.until(last), market.closes.loc[first:last].pct_change().iloc[1:].to_numpy()
    days, closes = market.closes.index.to_numpy("datetime64[D]"), market.closes.to_numpy()
    now = Past(tuple(market.closes), days, closes)
    rules = {name: CHOSEN[name] for name in names if type(CHOSEN[name]).fit is Rule.fit}
    plans = [vectorized.plan(BuyAndHold(first), part, first)]
    plans += [vectorized.plan(Since(rule, first), part, first) for rule in rules.values()]
    weights = [np.full(closes.shape[1], 1 / closes.shape[1]), *(rule.weights(now) for rule in rules.values())]
    accounts = tested(np.stack(plans), part, pd.Timestamp(first))
    for name, equity, held in zip([HOLDING, *rules], accounts.equity, weights, strict=True):
        value = np.cumprod(np.r_[1.0, 1 + crash @ held])
        line: Line = {"method": name, "drawdown": drawdown(equity), "held_drawdown": drawdown(value)}
        for horizon, length in HORIZONS.items():
            moved = equity[length:] / equity[:-length] - 1
            line |= {
                horizon: float(moved.min()),
                f"{horizon}_end": f"{accounts.days[length:][moved.argmin()]:%Y-%m-%d}",
            }
            line[f"held_{horizon}"] = float((value[length:] / value[:-length] - 1).min())
        yield line


def limits() -> Iterator[Line]:
    """Yield the lines of the stocks in equal parts."""
    yield from limits_of(prices().closes.pct_change().iloc[1:].mean(axis=1))


def crisis() -> Iterator[Line]:
    """Yield the lines of all strategies."""
    yield from crisis_of(prices())


def stocks() -> Iterator[Line]:
    """Yield the lines of each stock alone, counted together. It takes ten minutes."""
    yield from rejected(prices().closes)


def percent(name: str, digits: int = 1) -> Show:
    """Return what shows a share."""
    return lambda rows: f"{100 * rows[name].iloc[0]:.{digits}f} %"


def number(name: str, digits: int = 0) -> Show:
    """Return what shows a number."""
    return lambda rows: f"{rows[name].iloc[0]:,.{digits}f}"


def violations(period: str) -> Show:
    """Return what shows the violations of a period, and how many were expected."""

    def show(rows: pd.DataFrame) -> str:
        line = rows[rows["period"] == period].iloc[0]
        return f"{line['violations']:.0f} of {line['expected']:.1f}"

    return show


def until(horizon: str) -> Show:
    """Return what shows the last day of the worst stretch."""
    return lambda rows: str(rows[f"{horizon}_end"].iloc[0])


BY = {"probability": "level", "limit from": "method"}
COUNTS: dict[str, Show] = {"expected": number("expected", 1), "violations": number("violations")}
TESTS = {"as many": "often", "not in clusters": "clustered", "as deep": "deep"}
STUDY = Study(
    measures=[Measure(limits, seeds=0), Measure(crisis, seeds=0), Measure(stocks, seeds=0)],
    tables=[
        Table(
            BY,
            COUNTS | {f"p, {title}": number(test, 3) for title, test in TESTS.items()},
            "limits",
            lambda lines: lines[lines["period"] == ALL],
        ),
        Table(
            BY,
            {period: violations(period) for period in PERIODS if period != ALL},
            "limits",
            lambda lines: lines[lines["period"] != ALL],
        ),
        Table(BY, COUNTS | {f"rejected, {title}": number(test) for title, test in TESTS.items()}, "stocks"),
        Table(
            {"strategy": "method"},
            {name: percent(name) for name in (*HORIZONS, "drawdown")}
            | {f"{name}, until": until(name) for name in HORIZONS},
            "crisis",
        ),
        Table(
            {"weights of the end of 2017": "method"},
            {name: percent(f"held_{name}") for name in (*HORIZONS, "drawdown")},
            "crisis",
        ),
    ],
)
