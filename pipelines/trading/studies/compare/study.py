"""Does any strategy earn more than holding all stocks, after costs?

Strategies and settings were chosen on 2009 to 2012; 2013 and 2014 validate, 2015 to 2017 test.
- strategies: every strategy, compared with holding;
- overfitting: what choosing the best of all trials is worth;
- folds: the rankers in folds that overlap, and in purged ones;
- seeds: those that draw at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT
from capstan.study import Line, Measure, Study, Table, ranged, spread
from capstan.study.protocol import Show
from models.backtest import vectorized
from models.finance import bootstrap, purged
from models.finance.overfitting import backtest_overfitting, luckiest, probabilistic_sharpe, reality_check, sharpe
from models.strategies import walk_forward
from models.strategies.buy_and_hold import BuyAndHold
from pipelines.trading import days, ranker, report
from pipelines.trading.studies.trials import study as trials
from pipelines.trading.studies.trials.study import FAMILIES
from pipelines.trading.variants import CHOSEN, SPREAD, TRIALS

if TYPE_CHECKING:
    from pipelines.trading.ranker import Ranker

PARTS = {"test": ("2015-01-02", "2017-12-29"), "validation": ("2013-01-02", "2014-12-31")}
YEARS = {"2009": (trials.SINCE, trials.UNTIL), "2015": PARTS["test"]}
MEASURES = {
    "ratio": bootstrap.volatility_ratio,
    "more": bootstrap.more_return,
    "more_sharpe": bootstrap.more_sharpe,
}
RANKERS, DIVISIONS = ("ridge ranker", "trees ranker"), 10
SEEDED = ("trees ranker", "Q-learning", "policy gradient")


def strategies(part: str) -> Iterator[Line]:
    """Yield a line per strategy: what it brought a year after costs, and how much more than holding all stocks."""
    since, last = PARTS[part]
    market = trials.until(last)
    begin = pd.Timestamp(since)
    plans = {name: walk_forward.plan(rule, market, since) for name, rule in CHOSEN.items()}
    plans = {report.HOLDING: vectorized.plan(BuyAndHold(since), market, since)} | plans
    accounts = report.tested(np.stack(list(plans.values())), market, begin)
    holding = accounts.returns[0]
    for name, returns, equity, cost in zip(plans, accounts.returns, accounts.equity, accounts.costs, strict=True):
        line: Line = {"case": name} | report.summary(returns, equity) | {"cost": float(cost)}
        line["deflated"] = probabilistic_sharpe(returns, luckiest(TRIALS, SPREAD**2))
        for measure, statistic in MEASURES.items():
            three = bootstrap.interval(statistic, returns, holding)
            line |= dict(zip((measure, f"{measure}_low", f"{measure}_high"), three, strict=True))
        yield line


def overfitting(case: str) -> Line:
    """Return what choosing the best of all trials is worth from a year on, and whether one of them beats holding."""
    since, last = YEARS[case]
    market = trials.until(last)
    tried = [
        trials.returns(family, setting, market, since) for family in FAMILIES for setting in FAMILIES.trials(family)
    ]
    returns = np.column_stack(tried)
    holding = vectorized.plan(BuyAndHold(since), market, since)
    benchmark = report.tested(holding[None], market, pd.Timestamp(since)).returns[0]
    found = backtest_overfitting(returns)
    best = max(sharpe(trial) for trial in returns.T)
    year = np.sqrt(bootstrap.YEAR)
    return {"trials": returns.shape[1], "luckiest": luckiest(TRIALS, SPREAD**2) * year} | {
        "best": best * year,
        "holding": sharpe(benchmark) * year,
        "overfitting": found.probability,
        "white": reality_check(returns, benchmark),
    }


def folds() -> Iterator[Line]:
    """Yield the rank correlation of the rankers with the month to come, in folds that overlap and in purged ones."""
    weeks = days.weeks(trials.until())
    begun, known = (weeks[name].to_numpy() for name in (EVENT_TIMESTAMP, LABEL_KNOWN_AT))
    shuffled = np.array_split(np.random.default_rng(0).permutation(len(weeks)), DIVISIONS)
    ways: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {
        "plain": [(np.setdiff1d(np.arange(len(weeks)), test), test) for test in shuffled],
        "purged": list(purged.folds(begun, known, DIVISIONS, np.timedelta64(days.AHEAD, "D"))),
    }
    for name in RANKERS:
        line: Line = {"case": name}
        for way, parts in ways.items():
            found = []
            for past, test in parts:
                inputs, labels = ranker.samples(weeks.iloc[test])
                rule = cast("Ranker", CHOSEN[name]).learn(weeks.iloc[past])
                found += [np.corrcoef(rule.scores(row), label)[0, 1] for row, label in zip(inputs, labels, strict=True)]
            line[way] = float(np.mean(found))
        yield line


def seeds(case: str, seed: int) -> Line:
    """Return the yearly Sharpe ratio of a strategy that draws, with a seed."""
    since, last = PARTS["test"]
    market = trials.until(last)
    plan = walk_forward.plan(CHOSEN[case].seeded(seed), market, since)
    returns = report.tested(plan[None], market, pd.Timestamp(since)).returns[0]
    return {"sharpe": sharpe(returns) * float(np.sqrt(bootstrap.YEAR))}


def number(name: str, digits: int) -> Show:
    """Return what shows one number."""
    return lambda rows: f"{rows[name].mean():.{digits}f}"


def percent(name: str, digits: int = 1) -> Show:
    """Return what shows a share, in percent."""
    return lambda rows: f"{100 * rows[name].mean():.{digits}f} %"


EARNED: dict[str, Show] = {
    "return": percent("return"),
    "Sharpe ratio": number("sharpe", 2),
    "deflated": number("deflated", 2),
    "largest fall": percent("drawdown"),
    "cost": percent("cost", 2),
    "return above holding": ranged("more", 1, 100),
    "Sharpe above holding": ranged("more_sharpe", 2),
    "volatility / holding's": ranged("ratio", 2),
}
CHOOSING: dict[str, Show] = {
    "trials": number("trials", 0),
    "holding": number("holding", 2),
    "the best of all": number("best", 2),
    "the luckiest without an edge": number("luckiest", 2),
    "probability of overfitting": number("overfitting", 2),
    "White's p": number("white", 2),
}
CORRELATION: dict[str, Show] = {"plain folds": number("plain", 3), "purged folds": number("purged", 3)}
STUDY = Study(
    measures=[
        Measure(strategies, [{"part": part} for part in PARTS], seeds=0),
        Measure(overfitting, [{"case": case} for case in YEARS], seeds=0),
        Measure(folds, seeds=0),
        Measure(seeds, [{"case": name} for name in SEEDED]),
    ],
    tables=[
        Table({"2015 to 2017": "case"}, EARNED, "test"),
        Table({"2013 and 2014": "case"}, EARNED, "validation"),
        Table({"from": "case"}, CHOOSING, "overfitting"),
        Table({"rank correlation with the next month": "case"}, CORRELATION, "folds"),
        Table({"five seeds": "case"}, {"Sharpe ratio": lambda rows: spread(rows["sharpe"], digits=2)}, "seeds"),
    ],
)
