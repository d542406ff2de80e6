"""`python -m pipelines.pricing.compare`: forecasts, elasticities, the search, and what its prices are worth.

It writes `compare.json` into the folder that it is given, and prints the tables. The last 26 weeks test; what was
chosen was chosen on the thirteen weeks before them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET
from capstan.contract.intervals import difference
from capstan.settings import settings
from models.study import Line, Study, markdown, options, ranged, records
from pipelines.pricing import (
    branch_and_bound,
    demand,
    identification,
    market,
    report,
    rivals,
    rules,
    shelf_search,
    shelves,
    task,
    value,
)
from pipelines.pricing.columns import STORE
from pipelines.pricing.shelves import Shelves

FOLDER = Path(__file__).parent
VALIDATION = 122  # the first of the thirteen weeks before those that test
SERVED = "the demand model"
Part = tuple[Shelves, Shelves]  # weeks, and the eight before each


def weeks_of(data_dir: Path | None, test_from: int = task.TEST_FROM) -> tuple[Part, Part]:
    """Return the weeks to learn from and those to test on, with what was known before each, as Feast joins them."""
    tables = task.load(data_dir)
    rows = task.entity_rows(tables).sort_values(EVENT_TIMESTAMP)
    known = task.feature_tables(tables)["shelf"].sort_values(EVENT_TIMESTAMP)
    joined = pd.merge_asof(rows, known, on=EVENT_TIMESTAMP, by=STORE)
    past, test = (part["weeks"] for part in task.split({TRAINING_SET: joined}, test_from))
    return (shelves.sold_weeks(past), shelves.history(past)), (shelves.sold_weeks(test), shelves.history(test))


class Served:
    """The demand model, as the rivals are."""

    def fit(self, rows: Shelves, past: Shelves) -> Served:
        self.forecast = demand.fit(rows, past).forecast
        return self


def forecasts(past: Part, test: Part) -> Iterator[Line]:
    """Yield a line per forecast: errors of the log of packages, and those beside the strong simple one, over weeks."""
    kinds: dict[str, Any] = {
        rivals.MEAN: rivals.StoreMean,
        rivals.SIMPLE: rivals.LeastSquares,
        rivals.BOOSTING: rivals.Boosting,
    }
    made = {rivals.LAST: rivals.last_week(test[1])}
    made |= {name: kind().fit(*past).forecast(*test) for name, kind in (kinds | {SERVED: Served}).items()}
    errors = {name: report.errors(guess, test[0]) for name, guess in made.items()}
    for name, one in errors.items():
        line: Line = {"case": name}
        for metric in one:
            line[metric] = float(one[metric].mean())
            less = difference(one[metric].to_numpy(), errors[rivals.SIMPLE][metric].to_numpy())
            line |= dict(zip((f"{metric}_more", f"{metric}_more_low", f"{metric}_more_high"), less, strict=True))
        yield line


def searched(learned: demand.Demand, test: Part) -> Iterator[Line]:
    """Yield how long the search takes, how often another shelf is better, and what it expects to gain."""
    rows, past = test
    last = rows.week == rows.week.max()
    at, before = np.flatnonzero(last), past.take(np.repeat(last, len(past) // len(rows)))
    now = value.usual(before)
    ask = Shelves(
        **vars(rows.take(at))
        | {"price": now, "cost": value.usual_cost(before), "feat": np.zeros_like(now), "deal": np.zeros_like(now)}
    )
    sold, elasticity = np.exp(learned.forecast(ask, before)) * learned.lift, learned.elasticities(ask.store)
    seconds, proofs, gains, missed = [], [], [], 0
    for one in range(len(at)):
        tried = rules.choices(now[one], ask.cost[one])
        shelf = (now[one], sold[one], ask.cost[one], elasticity[one])
        begun = time.perf_counter()
        found = profit_of(shelf_search.best(*shelf, tried), shelf)
        searched = time.perf_counter()
        best = profit_of(branch_and_bound.best(*shelf, tried, found), shelf)
        proofs.append(time.perf_counter() - searched)
        seconds.append(searched - begun)
        missed += found < best - 1e-6
        gains.append(found - profit_of(now[one], shelf))
    took: Line = {"case": "search", "stores": len(at), "gain": float(np.mean(gains)), "missed": int(missed)}
    for name, times in (("ms", seconds), ("proof_ms", proofs)):
        took |= {f"median_{name}": 1e3 * float(np.median(times)), f"most_{name}": 1e3 * float(np.max(times))}
    yield took


def profit_of(prices: np.ndarray, shelf: tuple[np.ndarray, ...]) -> float:
    """Return the dollars a week of a shelf. shelf: prices now, packages, costs, elasticities."""
    return float(shelf_search.profit(prices, *shelf).sum())


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README and of STUDIES.md."""
    parts = dict(list(results.groupby("part", sort=False)))
    ways = ["served", *identification.WAYS]
    wide = parts["elasticities"]
    own = {way: (lambda rows, way=way: own_of(rows, way)) for way in ways}
    errors = {
        **{"all": number("mae", 3), "more than least squares": ranged("mae_more", 3)},
        **{"price moved": number("mae_moved", 3), "more there": ranged("mae_moved_more", 3)},
    }
    worth = {"rows": number("rows", 0), "worth of the rows": number("sample", 0)}
    worth |= {name: ranged(name, 1) for name in ("model", "weights", "doubly robust")}
    shares = {"packages": number("packages", 3), "dollars": number("dollars", 3), "profit": number("profit", 3)}
    shares |= {"taken from the others": number("taken", 2)}
    shares |= {"follows the others": lambda rows: "{follows:.2f} ({follows_error:.2f})".format(**rows.iloc[0])}
    took = {"stores": number("stores", 0), "median, ms": number("median_ms", 0), "slowest, ms": number("most_ms", 0)}
    took |= {"proof, median": number("median_proof_ms", 0), "proof, slowest": number("most_proof_ms", 0)}
    took |= {"expected gain, $ a week": number("gain", 1), "a better shelf exists": number("missed", 0)}
    made = [
        markdown(parts["test"], {"the last 26 weeks": "case"}, errors),
        markdown(parts["validation"], {"the thirteen weeks before": "case"}, errors),
        markdown(wide, {"own elasticity": "case"}, own),
        markdown(parts["value"], {"gain, $ a week and store": "case"}, worth),
        markdown(parts["search"], {"the search": "case"}, took),
        markdown(parts["market"], {"share of": "case"}, shares),
    ]
    return "\n\n".join(made)


def own_of(rows: pd.DataFrame, way: str) -> str:
    """Return an elasticity with its standard error."""
    one = rows[rows["way"] == way].iloc[0]
    return f"{one['own']:.2f} ({one['error']:.2f})"


def number(name: str, digits: int) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of one number."""
    return lambda rows: "" if rows[name].isna().all() else f"{rows[name].mean():.{digits}f}"


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "compare.json", ["part", "case", "way"])

    def add(part: str, lines: list[Line]) -> None:
        study.add(*({"part": part, "way": ""} | line for line in lines))

    past, test = weeks_of(settings().data_dir)
    learned = demand.fit(*past)
    add("test", list(forecasts(past, test)))
    add("validation", list(forecasts(weeks_of(settings().data_dir, VALIDATION)[0], until(past))))
    add("elasticities", records(identification.table(past[0], learned).rename(columns={"brand": "case"})))
    add("value", records(value.table(learned, past, test).rename(columns={"brand": "case"})))
    add("search", list(searched(learned, test)))
    add("market", records(market.table(learned, past[0], test).rename(columns={"brand": "case"})))
    print(tables(study.table()))


def until(past: Part) -> Part:
    """Return the last thirteen weeks of those to learn from."""
    late = past[0].week >= VALIDATION
    return past[0].take(late), past[1].take(np.repeat(late, len(past[1]) // len(past[0])))


if __name__ == "__main__":
    main()
