"""How good are the prices and the intervals over ten folds of all sales, and compared with what?

Settings, weights, scale and intervals of each fold come from the other nine. A seed is a division into folds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from pipelines.house_price import data, stack, training
from pipelines.house_price.columns import LABEL
from pipelines.house_price.derived import derive
from pipelines.house_price.studies.tune import study as tune

FOLDS, INNER = 10, 3
STACK, SIMPLE = "stack (served)", "elastic net, default settings"
SMALLEST = 40  # sales of a neighborhood that has a row
Made = dict[str, np.ndarray]


def fold(rows: pd.DataFrame, past: np.ndarray, held: np.ndarray, seed: int) -> tuple[Made, Made]:
    """Return the logarithms that each method predicts for the held sales, and the intervals.

    Settings, weights, scale and intervals all come from the other sales.
    """
    known, others = rows.iloc[past].reset_index(drop=True), rows.iloc[held]
    settings_of = tune.best(pd.DataFrame(tune.cross_validated(known, seed, INNER)))
    model = training.fit(known, training.makers(seed, settings_of), seed)
    codes = model.stack.coder.codes(others)
    derived = derive(model.stack.coder.fill(codes))
    predicted = {name: member.predict(derived) for name, member in zip(settings_of, model.stack.members, strict=True)}
    simple = model.baseline
    predicted |= {
        "the median price": np.full(len(held), np.log(known[LABEL].median())),
        SIMPLE: simple.predict(simple.coder.fill(simple.coder.codes(others))),
        "mean of boosting and vectors": (predicted["boosting"] + predicted["vectors"]) / 2,
    }
    price, low, high = model.priced(codes, model.stack.coder.fill(codes))
    return predicted | {STACK: np.log(price)}, {"price": price, "low": low, "high": high}


def folds(seed: int) -> Iterator[Line]:
    """Yield the lines of a division into ten folds."""
    rows = houses()
    paid = rows[LABEL].to_numpy()
    by_method: Made = {}
    intervals: Made = {end: np.empty(len(rows)) for end in ("price", "low", "high")}
    of_fold = np.empty(len(rows), dtype=int)
    for number, (past, held) in enumerate(stack.folds(len(rows), seed, FOLDS)):
        predicted, found = fold(rows, past, held, seed)
        of_fold[held] = number
        for name, values in predicted.items():
            by_method.setdefault(name, np.empty(len(rows)))[held] = values
        for end, values in found.items():
            intervals[end][held] = values
    for name, values in by_method.items():
        error = values - np.log(paid)
        line: Line = {"part": "error", "name": name, "sales": len(rows)}
        yield line | {
            "rmse": float(np.sqrt((error**2).mean())),
            "median_error": float(np.median(np.abs(np.exp(error) - 1))),
            "without_two": float(np.sqrt((np.sort(error**2)[:-2]).mean())),
        }
    served = (by_method[STACK] - np.log(paid)) ** 2
    for name, values in by_method.items():
        if name != STACK:
            more = difference((values - np.log(paid)) ** 2, served)
            line = {"part": "difference", "name": name, "sales": len(rows)}
            yield line | dict(zip(("more", "more_low", "more_high"), more, strict=True))
    for number in range(FOLDS):
        yield covered("fold", str(number), paid, intervals, of_fold == number)
    for name, count in rows["neighborhood"].value_counts().items():
        if count >= SMALLEST:
            own = (rows["neighborhood"] == name).to_numpy()
            yield covered("neighborhood", str(name), paid, intervals, own)


def covered(part: str, name: str, paid: np.ndarray, ends: Made, own: np.ndarray) -> Line:
    """Return the coverage and the mean width of the intervals of some sales."""
    inside = (paid >= ends["low"]) & (paid <= ends["high"])
    width = (ends["high"] - ends["low"]) / ends["price"]
    line: Line = {"part": part, "name": name, "sales": int(own.sum())}
    return line | {"coverage": float(inside[own].mean()), "width": float(width[own].mean())}


@cache
def houses() -> pd.DataFrame:
    """Return all sales."""
    return data.houses(settings().data_dir)


def percent(field: str, how: str) -> Show:
    """Return what shows a field over all lines, in percent: its mean, its lowest or its highest."""
    return lambda rows: f"{100 * rows[field].agg(how):.1f} %"


def shown(field: str) -> Show:
    """Return what shows a mean square of logarithms, times 10,000."""
    return lambda rows: spread(rows[field], 1e4, 2)


ERRORS: dict[str, Show] = {
    "RMSE of the logarithm": lambda rows: spread(rows["rmse"], digits=4),
    "without its two largest errors": lambda rows: spread(rows["without_two"], digits=4),
    "median error": lambda rows: f"{spread(rows['median_error'], 100, 2)} %",
}
DIFFERENCE: dict[str, Show] = {
    "mean square less the stack's, times 10,000": shown("more"),
    "mean square less the stack's, lower end": shown("more_low"),
    "mean square less the stack's, upper end": shown("more_high"),
}
HELD: dict[str, Show] = {
    "coverage": lambda rows: f"{spread(rows['coverage'], 100, 1)} %",
    "width, of the price": lambda rows: f"{spread(rows['width'], 100, 1)} %",
}
FOLDS_SHOWN: dict[str, Show] = {
    "coverage of a fold, mean": percent("coverage", "mean"),
    "lowest": percent("coverage", "min"),
    "highest": percent("coverage", "max"),
}
SALES: dict[str, Show] = {"sales": lambda rows: f"{rows['sales'].iloc[0]:,}"}

STUDY = Study(
    measures=[Measure(folds)],
    tables=[
        Table({"method": "name"}, ERRORS, "error", lambda lines: lines.sort_values("rmse", ascending=False)),
        Table({"method": "name"}, DIFFERENCE, "difference", lambda lines: lines.sort_values("more", ascending=False)),
        Table({"over": "over"}, FOLDS_SHOWN, "fold", lambda lines: lines.assign(over="all folds")),
        Table({"neighborhood": "name"}, SALES | HELD, "neighborhood"),
    ],
)
