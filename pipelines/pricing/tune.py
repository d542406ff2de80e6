"""`python -m pipelines.pricing.tune`: settings of the demand model and of the trees, on weeks before those that test.

Writes `tune.json` beside this file: the errors on two quarters, 109 to 121 and 122 to 134, each learned from the weeks
before. The code has the setting of each family with the least mean error.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Study, options, spread
from models.tuning import Families, Setting
from pipelines.pricing import compare, demand, report, rivals, task
from pipelines.pricing.compare import Part
from pipelines.pricing.demand import Settings

FOLDER = Path(__file__).parent
QUARTERS, LENGTH = (task.TEST_FROM - 26, task.TEST_FROM - 13), 13  # weeks
FAMILIES = Families({
    "demand": (Settings, {"waves": (0, 1, 2), "half_life": (2.0, 4.0, 8.0), "carried": (0.3, 0.5, 0.7)}),
    "trees": (rivals.Boosting, {"num_leaves": (4, 8, 31), "n_estimators": (100, 300), "min_child_samples": (20, 100)}),
}, score="mae", lowest=True)  # fmt: skip


def parts(past: Part, quarter: int) -> tuple[Part, Part]:
    """Return the weeks before one of the two quarters, and those of it."""
    rows, before = past
    found = []
    for at in (
        rows.week < QUARTERS[quarter],
        (rows.week >= QUARTERS[quarter]) & (rows.week < QUARTERS[quarter] + LENGTH),
    ):
        found.append((rows.take(at), before.take(np.repeat(at, len(before) // len(rows)))))
    return found[0], found[1]


def measured(family: str, setting: Setting, past: Part, test: Part, fitted: Any) -> dict[str, float]:
    """Return the errors of a setting on a quarter. fitted: returns the demand that has so many waves."""
    if family == "demand":
        model = replace(fitted(setting["waves"]), settings=Settings(**setting))
    else:
        model = rivals.Boosting(**setting).fit(*past)
    errors = report.errors(model.forecast(*test), test[0])
    return {name: float(column.mean()) for name, column in errors.items()}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the best setting of each family, and how many were tried."""
    shown = {title: (lambda rows, name=name: spread(rows[name])) for title, name in
             {"error": "mae", "where the price moved": "mae_moved"}.items()}  # fmt: skip
    return FAMILIES.table(results, shown)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    past = compare.weeks_of(settings().data_dir)[0]
    two = [parts(past, quarter) for quarter in range(len(QUARTERS))]
    fitted = cache(lambda quarter, waves: demand.fit(*two[quarter][0], Settings(waves=waves)))
    FAMILIES.measure(
        study,
        len(QUARTERS),
        lambda family, setting, quarter: measured(family, setting, *two[quarter], lambda waves: fitted(quarter, waves)),
    )
    print(tables(study.table()))


if __name__ == "__main__":
    main()
