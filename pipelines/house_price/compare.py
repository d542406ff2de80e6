"""`python -m pipelines.house_price.compare`: the goal's figures, over ten folds of all sales, tuned inside each fold.

It writes `compare.json` into the folder that it is given, and prints the tables: errors of the stack, of its members
and of simple methods, and how sure the differences are; whether the intervals hold, over folds, by what is left out,
and in each neighborhood. A seed is a division into folds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.settings import settings
from models.study import Line, Study, markdown, options, spread
from pipelines.house_price import data, gaps, stack, training, tune
from pipelines.house_price.columns import LABEL
from pipelines.house_price.derived import derive

FOLDER = Path(__file__).parent
FOLDS, INNER = 10, 3
STACK, SIMPLE = "stack (served)", "elastic net, default settings"
SMALLEST = 40  # sales of a neighborhood that has a row
Made = dict[str, np.ndarray]


def fold(rows: pd.DataFrame, past: np.ndarray, held: np.ndarray, seed: int) -> tuple[Made, dict[int, Made]]:
    """Return the logarithms that each method predicts for the held sales, and the intervals by what is left out.

    Settings, weights, scale and intervals all come from the other sales.
    """
    known, others = rows.iloc[past].reset_index(drop=True), rows.iloc[held]
    settings_of = tune.best(pd.DataFrame(tune.measure(known, seed, INNER)))
    model = training.fit(known, training.makers(seed, settings_of), seed)
    codes = model.stack.coder.codes(others)
    derived = derive(model.stack.coder.fill(codes))
    made = {name: one.predict(derived) for name, one in zip(settings_of, model.stack.members, strict=True)}
    simple = model.baseline
    made |= {
        "the median price": np.full(len(held), np.log(known[LABEL].median())),
        SIMPLE: simple.predict(simple.coder.fill(simple.coder.codes(others))),
        "mean of boosting and vectors": (made["boosting"] + made["vectors"]) / 2,
    }
    intervals: dict[int, Made] = {}
    for group in range(len(gaps.GROUPS)):
        less = gaps.without(codes, group, seed + 1)
        price, low, high = model.priced(less, model.stack.coder.fill(less))
        intervals[group] = {"price": price, "low": low, "high": high}
    return made | {STACK: np.log(intervals[0]["price"])}, intervals


def measure(rows: pd.DataFrame, seed: int) -> Iterator[Line]:
    """Yield the lines of a division into ten folds."""
    paid = rows[LABEL].to_numpy()
    made: Made = {}
    intervals = {group: {end: np.empty(len(rows)) for end in ("price", "low", "high")} for group in range(4)}
    of_fold = np.empty(len(rows), dtype=int)
    for number, (past, held) in enumerate(stack.folds(len(rows), seed, FOLDS)):
        began = time.process_time()
        predicted, ends = fold(rows, past, held, seed)
        of_fold[held] = number
        for name, values in predicted.items():
            made.setdefault(name, np.empty(len(rows)))[held] = values
        for group, one in ends.items():
            for end, values in one.items():
                intervals[group][end][held] = values
        print(f"fold {number}: {time.process_time() - began:.0f} s", flush=True)
    for name, values in made.items():
        error = values - np.log(paid)
        line: Line = {"part": "error", "name": name, "seed": seed, "sales": len(rows)}
        yield line | {
            "rmse": float(np.sqrt((error**2).mean())),
            "median_error": float(np.median(np.abs(np.exp(error) - 1))),
            "without_two": float(np.sqrt((np.sort(error**2)[:-2]).mean())),
        }
    served = (made[STACK] - np.log(paid)) ** 2
    for name, values in made.items():
        if name != STACK:
            more = difference((values - np.log(paid)) ** 2, served)
            line = {"part": "beside", "name": name, "seed": seed, "sales": len(rows)}
            yield line | dict(zip(("more", "more_low", "more_high"), more, strict=True))
    for group, whole in intervals.items():
        error = np.abs(whole["price"] / paid - 1)
        yield covered("left out", gaps.GROUPS[group], seed, paid, whole, np.full(len(rows), True)) | {
            "median_error": float(np.median(error))
        }
    for number in range(FOLDS):
        yield covered("fold", str(number), seed, paid, intervals[0], of_fold == number)
    for name, count in rows["neighborhood"].value_counts().items():
        if count >= SMALLEST:
            own = (rows["neighborhood"] == name).to_numpy()
            yield covered("neighborhood", str(name), seed, paid, intervals[0], own)


def covered(part: str, name: str, seed: int, paid: np.ndarray, ends: Made, own: np.ndarray) -> Line:
    """Return the coverage and the mean width of the intervals of some sales."""
    inside = (paid >= ends["low"]) & (paid <= ends["high"])
    width = (ends["high"] - ends["low"]) / ends["price"]
    line: Line = {"part": part, "name": name, "seed": seed, "sales": int(own.sum())}
    return line | {"coverage": float(inside[own].mean()), "width": float(width[own].mean())}


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    parts = dict(list(results.groupby("part")))
    errors = {
        "RMSE of the logarithm": lambda rows: spread(rows["rmse"], digits=4),
        "without its two largest errors": lambda rows: spread(rows["without_two"], digits=4),
        "median error": lambda rows: f"{spread(rows['median_error'], 100, 2)} %",
    }
    beside = {
        f"mean square less the stack's, {title}": lambda rows, field=field: spread(rows[field], 1e4, 2)
        for title, field in (("times 10,000", "more"), ("lower end", "more_low"), ("upper end", "more_high"))
    }
    held = {
        "coverage": lambda rows: f"{spread(rows['coverage'], 100, 1)} %",
        "width, of the price": lambda rows: f"{spread(rows['width'], 100, 1)} %",
    }
    less = held | {"median error": lambda rows: f"{spread(rows['median_error'], 100, 1)} %"}
    sales = {"sales": lambda rows: f"{rows['sales'].iloc[0]:,}"}
    folds = parts["fold"]["coverage"]
    said = f"over folds: {100 * folds.mean():.1f} %, from {100 * folds.min():.1f} to {100 * folds.max():.1f} %"
    return "\n\n".join(
        [
            markdown(parts["error"].sort_values("rmse", ascending=False), {"method": "name"}, errors),
            markdown(parts["beside"].sort_values("more", ascending=False), {"method": "name"}, beside),
            markdown(parts["left out"], {"fields given": "name"}, less),
            said,
            markdown(parts["neighborhood"], {"neighborhood": "name"}, sales | held),
        ]
    )


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=5)
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["part", "name", "seed"])
    rows = data.houses(settings().data_dir)
    for seed in range(given.seeds):
        if not study.has(part="error", seed=seed):
            study.add(*measure(rows, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
