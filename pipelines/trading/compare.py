"""`python -m pipelines.trading.compare`: every strategy beside holding all stocks, after costs.

It writes `compare.json` into the folder that it is given, and prints the tables. Strategies and settings were chosen on
2009 to 2012; 2013 and 2014 validate, 2015 to 2017 test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT
from capstan.settings import settings
from models.finance import bootstrap, purged
from models.finance.overfitting import backtest_overfitting, luckiest, probabilistic_sharpe, reality_check, sharpe
from models.study import Line, Study, markdown, options, ranged, spread
from pipelines.trading import days, report, trials, vectorized, walk_forward
from pipelines.trading.strategies import ranker
from pipelines.trading.strategies.buy_and_hold import BuyAndHold
from pipelines.trading.variants import CHOSEN, FAMILIES, SPREAD, TRIALS

if TYPE_CHECKING:
    from data_sets.djia import Market
    from pipelines.trading.strategies.ranker import Ranker

FOLDER = Path(__file__).parent
PARTS = {"test": ("2015-01-02", "2017-12-29"), "validation": ("2013-01-02", "2014-12-31")}
MEASURES = {
    "ratio": bootstrap.volatility_ratio,
    "more": bootstrap.more_return,
    "more_sharpe": bootstrap.more_sharpe,
}
RANKERS, FOLDS = ("ridge ranker", "trees ranker"), 10
SEEDED = ("trees ranker", "Q-learning", "policy gradient")


def strategies(market: Market, since: str) -> Iterator[Line]:
    """Yield a line per strategy: what it brought a year after costs, and how much more than holding all stocks."""
    begin = pd.Timestamp(since)
    plans = {name: walk_forward.plan(rule, market, since) for name, rule in CHOSEN.items()}
    plans = {report.HOLDING: vectorized.plan(BuyAndHold(since), market, since)} | plans
    made = report.tested(np.stack(list(plans.values())), market, begin)
    holding = made.returns[0]
    for name, returns, equity, cost in zip(plans, made.returns, made.equity, made.costs, strict=True):
        line: Line = {"case": name} | report.summary(returns, equity) | {"cost": float(cost)}
        line["deflated"] = probabilistic_sharpe(returns, luckiest(TRIALS, SPREAD**2))
        for measure, statistic in MEASURES.items():
            three = bootstrap.interval(statistic, returns, holding)
            line |= dict(zip((measure, f"{measure}_low", f"{measure}_high"), three, strict=True))
        yield line


def overfitting(market: Market, since: str) -> Line:
    """Return what choosing the best of all trials is worth in some years, and whether one of them beats holding."""
    tried = [
        trials.returns(family, setting, market, since) for family in FAMILIES for setting in FAMILIES.trials(family)
    ]
    returns = np.column_stack(tried)
    holding = vectorized.plan(BuyAndHold(since), market, since)
    benchmark = report.tested(holding[None], market, pd.Timestamp(since)).returns[0]
    made = backtest_overfitting(returns)
    best = max(sharpe(one) for one in returns.T)
    year = np.sqrt(bootstrap.YEAR)
    return {"case": since[:4], "trials": returns.shape[1], "luckiest": luckiest(TRIALS, SPREAD**2) * year} | {
        "best": best * year,
        "holding": sharpe(benchmark) * year,
        "overfitting": made.probability,
        "white": reality_check(returns, benchmark),
    }


def seeds(market: Market, since: str, count: int) -> Iterator[Line]:
    """Yield a line per seed of the strategies that draw: its yearly Sharpe ratio."""
    for name in SEEDED:
        for seed in range(count):
            plan = walk_forward.plan(CHOSEN[name].seeded(seed), market, since)
            returns = report.tested(plan[None], market, pd.Timestamp(since)).returns[0]
            yield {"case": name, "seed": seed, "sharpe": sharpe(returns) * float(np.sqrt(bootstrap.YEAR))}


def folded(market: Market) -> Iterator[Line]:
    """Yield the rank correlation of the rankers with the month to come, in folds that overlap and in purged ones."""
    weeks = days.weeks(market)
    begun, known = (weeks[name].to_numpy() for name in (EVENT_TIMESTAMP, LABEL_KNOWN_AT))
    shuffled = np.array_split(np.random.default_rng(0).permutation(len(weeks)), FOLDS)
    ways: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {
        "plain": [(np.setdiff1d(np.arange(len(weeks)), test), test) for test in shuffled],
        "purged": list(purged.folds(begun, known, FOLDS, np.timedelta64(days.AHEAD, "D"))),
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


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    parts = dict(list(results.groupby("part", sort=False)))
    shown = {
        **{"return": percent("return"), "Sharpe ratio": number("sharpe", 2), "deflated": number("deflated", 2)},
        **{"largest fall": percent("drawdown"), "cost": percent("cost", 2)},
        **{"return above holding": ranged("more", 1, 100), "Sharpe above holding": ranged("more_sharpe", 2)},
        "volatility / holding's": ranged("ratio", 2),
    }
    chosen = {"trials": number("trials", 0), "holding": number("holding", 2), "the best of all": number("best", 2)}
    chosen |= {"the luckiest without an edge": number("luckiest", 2)}
    chosen |= {"probability of overfitting": number("overfitting", 2), "White's p": number("white", 2)}
    correlation = {"plain folds": number("plain", 3), "purged folds": number("purged", 3)}
    made = [
        markdown(parts["folds"], {"rank correlation with the next month": "case"}, correlation),
        markdown(parts["test"], {"2015 to 2017": "case"}, shown),
        markdown(parts["validation"], {"2013 and 2014": "case"}, shown),
        markdown(parts["overfitting"], {"from": "case"}, chosen),
        markdown(
            parts["seeds"], {"five seeds": "case"}, {"Sharpe ratio": lambda rows: spread(rows["sharpe"], digits=2)}
        ),
    ]
    return "\n\n".join(made)


def number(name: str, digits: int) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of one number."""
    return lambda rows: f"{rows[name].mean():.{digits}f}"


def percent(name: str, digits: int = 1) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a share, in percent."""
    return lambda rows: f"{100 * rows[name].mean():.{digits}f} %"


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "compare.json", ["part", "case", "seed"])

    def add(part: str, lines: Iterator[Line] | list[Line]) -> None:
        study.add(*({"part": part, "seed": 0} | line for line in lines))

    for part, (since, until) in PARTS.items():
        add(part, strategies(trials.until(settings().data_dir, until), since))
    whole = trials.until(settings().data_dir, PARTS["test"][1])
    add("overfitting", [overfitting(whole.until(trials.UNTIL), trials.SINCE), overfitting(whole, PARTS["test"][0])])
    add("folds", folded(whole.until(trials.UNTIL)))
    add("seeds", seeds(whole, PARTS["test"][0], given.seeds))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
