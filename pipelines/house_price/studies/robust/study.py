"""Which regression breaks where, with 0 to 40 % of planted outliers?

Regressions on five inputs learn from sales of which a share was spoiled, and are tested on sales as they are. Two
mistakes, as people make them: prices ten times too high (in the target), and areas in square metres (in an input).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from models.robust import huber, lad, lts, mm, ransac, s_estimator, scales, theil_sen
from pipelines.house_price import task
from pipelines.house_price.columns import LABEL

SHARES = [0.0, 0.1, 0.2, 0.3, 0.4]
METRE = 10.764  # square feet of a square metre
ROWS = 800  # sales to learn from, drawn by the seed
METHODS: dict[str, ModuleType] = {
    **{"Huber": huber, "LAD": lad, "RANSAC": ransac, "Theil-Sen": theil_sen, "least trimmed squares": lts},
    **{"S": s_estimator, "MM": mm},
}


def least_squares(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the weights of least squares, shape (k,)."""
    return scales.weighted(design, target, np.ones(len(target)))


FITS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {"least squares": least_squares}
FITS |= {name: module.fit for name, module in METHODS.items()}


def design(rows: pd.DataFrame) -> np.ndarray:
    """Return five inputs of one scale and a column of ones, shape (n, 6)."""
    columns = [
        (np.log(rows["living_area"]) - 7.3) / 0.33,
        (rows["overall_quality"] - 6) / 1.4,
        (rows["overall_condition"] - 5.6) / 1.1,
        (2010 - rows["year_built"]) / 30,
        (np.log(rows["lot_area"]) - 9.1) / 0.5,
    ]
    return np.column_stack([np.ones(len(rows)), *columns])


def spoiled(rows: pd.DataFrame, share: float, mistake: str, seed: int) -> pd.DataFrame:
    """Return the rows, of which a share has a mistake: `price`, ten times too high, or `area`, in square metres."""
    wrong = np.random.default_rng(seed).permutation(len(rows)) < share * len(rows)
    if mistake == "price":
        return rows.assign(**{LABEL: rows[LABEL].where(~wrong, rows[LABEL] * 10)})
    return rows.assign(living_area=rows["living_area"].where(~wrong, rows["living_area"] / METRE))


def errors(mistake: str, share: float, seed: int) -> Iterator[Line]:
    """Yield the median error of each method after it learned from sales of which a share was spoiled."""
    past, test = houses()
    drawn = past.sample(ROWS, random_state=seed)
    rows, truth = spoiled(drawn, share, mistake, seed), np.log(test[LABEL].to_numpy())
    for name, fit in FITS.items():
        weights = fit(design(rows), np.log(rows[LABEL].to_numpy()))
        yield {"method": name, "median_error": float(np.median(np.abs(np.exp(design(test) @ weights - truth) - 1)))}


@cache
def houses() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sales to learn from, and those to test on."""
    past, test = (part["houses"] for part in task.split(task.load(settings().data_dir)))
    return past, test


def table(mistake: str, title: str) -> Table:
    """Return the table of a mistake, with a column for each share."""
    columns = {f"{share:.0%} wrong": lambda rows, share=share: error_at(rows, share) for share in SHARES}
    return Table({title: "method"}, columns, rows=lambda lines: lines[lines["mistake"] == mistake])


def error_at(rows: pd.DataFrame, share: float) -> str:
    """Return the median error at a share of mistakes, in percent."""
    return spread(rows.loc[rows["share"] == share, "median_error"], 100, 1)


STUDY = Study(
    measures=[
        Measure(errors, [{"mistake": mistake, "share": share} for mistake in ("price", "area") for share in SHARES])
    ],
    tables=[
        table("price", "prices ten times too high, median error in %"),
        table("area", "areas in square metres"),
    ],
    seeds=3,
)
