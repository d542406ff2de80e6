"""`python -m pipelines.house_price.robust_study`: who breaks where, with 0 to 40 % of planted outliers.

It writes `robust_study.json` into the folder that it is given, and prints the table: the median error of sales that are
as they are, by regressions on five inputs that learned from sales of which a share was spoiled. Two mistakes, as
they are made: prices ten times too high (in the target), and areas in square metres (in an input).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Line, Study, markdown, options, spread
from pipelines.house_price import task
from pipelines.house_price.columns import LABEL
from pipelines.house_price.robust import huber, lad, lts, mm, ransac, s_estimator, scales, theil_sen

FOLDER = Path(__file__).parent
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


def measure(past: pd.DataFrame, test: pd.DataFrame, seed: int) -> list[Line]:
    """Return a line per mistake, share and method."""
    lines: list[Line] = []
    drawn, truth = past.sample(ROWS, random_state=seed), np.log(test[LABEL].to_numpy())
    for mistake in ("price", "area"):
        for share in SHARES:
            rows = spoiled(drawn, share, mistake, seed)
            for name, fit in FITS.items():
                weights = fit(design(rows), np.log(rows[LABEL].to_numpy()))
                error = float(np.median(np.abs(np.exp(design(test) @ weights - truth) - 1)))
                lines.append({"mistake": mistake, "share": share, "method": name, "seed": seed, "median_error": error})
    return lines


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README, one for each mistake."""

    def at(share: float) -> Callable[[pd.DataFrame], str]:
        return lambda rows: spread(rows.loc[rows["share"] == share, "median_error"], 100, 1)

    columns = {f"{share:.0%} wrong": at(share) for share in SHARES}
    titles = {"price": "prices ten times too high, median error in %", "area": "areas in square metres"}
    return "\n\n".join(
        markdown(rows, {titles[str(mistake)]: "method"}, columns)
        for mistake, rows in results.groupby("mistake", sort=False)
    )


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=3)
    given = parser.parse_args()
    study = Study(given.out / "robust_study.json", ["mistake", "share", "method", "seed"])
    past, test = (part["houses"] for part in task.split(task.load(settings().data_dir)))
    for seed in range(given.seeds):
        if not study.has(seed=seed):
            study.add(*measure(past, test, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
