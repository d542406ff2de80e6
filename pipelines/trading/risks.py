"""`python -m pipelines.trading.risks`: were the limits of risk right, and what would 2008 have cost.

It writes `risks.json` into the folder that it is given, and prints the tables: how often and how deep the losses of the
stocks in equal parts, and of each stock, went beyond limits that were known the day before; and the worst weeks,
months and quarters of the portfolios from 2007 to 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import djia as data
from data_sets.djia import Market
from models.finance.coverage import coverage
from models.finance.value_at_risk import LEVELS, METHODS, WINDOW, Forecasts
from models.study import Line, Study, markdown, options
from pipelines.trading import vectorized
from pipelines.trading.engine import Past
from pipelines.trading.report import HOLDING, drawdown, tested
from pipelines.trading.strategies.buy_and_hold import BuyAndHold
from pipelines.trading.strategies.schedule import Rule, Since
from pipelines.trading.variants import CHOSEN

FOLDER = Path(__file__).parent
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


def limits(returns: pd.Series) -> Iterator[Line]:
    """Yield a line per period, level and method: the tests of limits that were known the day before."""
    values = returns.to_numpy()
    days = pd.Series(range(len(values) - WINDOW), returns.index[WINDOW:])
    for level in LEVELS:
        for name, method in METHODS.items():
            made = method(values, level)
            for period, (first, last) in PERIODS.items():
                at = days.loc[first:last].to_numpy()
                part = Forecasts(made.limits[at], made.tails[at])
                shortfall = float(part.shortfalls.mean())
                yield {"period": period, "level": level, "method": name, "shortfall": shortfall} | coverage(
                    values[WINDOW:][at], part, level
                )._asdict()


def rejected(closes: pd.DataFrame) -> Iterator[Line]:
    """Yield a line per level and method: for how many of the stocks each test rejects it."""
    lines = [
        one | {"ticker": ticker}
        for ticker in closes
        for one in limits(closes[ticker].pct_change().iloc[1:])
        if one["period"] == ALL
    ]
    for (level, name), rows in pd.DataFrame(lines).groupby(["level", "method"], sort=False):
        counts = {test: int((rows[test] < REJECTED).sum()) for test in ("often", "clustered", "deep")}
        totals = {total: float(rows[total].sum()) for total in ("days", "expected", "violations")}
        yield {"period": ALL, "level": level, "method": name, "stocks": len(rows)} | totals | counts


def crisis(market: Market, names: Iterable[str] = tuple(CHOSEN)) -> Iterator[Line]:
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
    made = tested(np.stack(plans), part, pd.Timestamp(first))
    for name, equity, held in zip([HOLDING, *rules], made.equity, weights, strict=True):
        value = np.cumprod(np.r_[1.0, 1 + crash @ held])
        line: Line = {"method": name, "drawdown": drawdown(equity), "held_drawdown": drawdown(value)}
        for horizon, length in HORIZONS.items():
            moved = equity[length:] / equity[:-length] - 1
            line |= {horizon: float(moved.min()), f"{horizon}_end": f"{made.days[length:][moved.argmin()]:%Y-%m-%d}"}
            line[f"held_{horizon}"] = float((value[length:] / value[:-length] - 1).min())
        yield line


def percent(name: str, digits: int = 1) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a share."""
    return lambda rows: f"{100 * rows[name].iloc[0]:.{digits}f} %"


def number(name: str, digits: int = 0) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a number."""
    return lambda rows: f"{rows[name].iloc[0]:,.{digits}f}"


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""
    parts = dict(list(results.groupby("part", sort=False)))
    counts = {"expected": number("expected", 1), "violations": number("violations")}
    by = {"chance": "level", "limit from": "method"}
    tests = {"as many": "often", "not in clusters": "clustered", "as deep": "deep"}
    whole = parts["limits"].query("period == @ALL")
    periods = {}
    for period in list(PERIODS)[1:]:
        periods[period] = lambda rows, period=period: (
            f"{rows.query('period == @period')['violations'].iloc[0]:.0f} of "
            f"{rows.query('period == @period')['expected'].iloc[0]:.1f}"
        )
    worst = {name: percent(name) for name in HORIZONS}
    ends = {f"{name}, until": lambda rows, name=name: str(rows[f"{name}_end"].iloc[0]) for name in HORIZONS}
    return "\n\n".join([
        markdown(whole, by, counts | {f"p, {title}": number(test, 3) for title, test in tests.items()}),
        markdown(parts["limits"].query("period != @ALL"), by, periods),
        markdown(parts["stocks"], by, counts | {f"rejected, {title}": number(test) for title, test in tests.items()}),
        markdown(parts["crisis"], {"strategy": "method"}, worst | {"drawdown": percent("drawdown")} | ends),
        markdown(
            parts["crisis"],
            {"weights of the end of 2017": "method"},
            {name: percent(f"held_{name}") for name in (*HORIZONS, "drawdown")},
        ),
    ])  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "risks.json", ["part", "period", "level", "method"])
    market = data.market(data.load(data.find(settings().data_dir)))
    general = {"period": ALL, "level": 0.0}
    study.add(*({"part": "limits"} | one for one in limits(market.closes.pct_change().iloc[1:].mean(axis=1))))
    study.add(*({"part": "crisis"} | general | one for one in crisis(market)))
    if not study.has(part="stocks"):  # ten minutes
        study.add(*({"part": "stocks"} | one for one in rejected(market.closes)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
