"""Which settings do the members of the stack get?

They are chosen on the sales to train on alone, by the root mean squared error of the logarithm over five folds.
`training.SETTINGS` has the best of each member by the mean over the seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from pipelines.house_price import stack, task
from pipelines.house_price.coding import Coder
from pipelines.house_price.columns import LABEL
from pipelines.house_price.derived import derive
from pipelines.house_price.training import KINDS

TRIED: dict[str, list[dict[str, Any]]] = {
    "boosting": [
        {"leaves": 6, "rounds": 800, "rate": 0.04, "share": 0.3},
        {"leaves": 12, "rounds": 1_200, "rate": 0.02, "share": 0.3},
        {"leaves": 20, "rounds": 800, "rate": 0.02, "share": 0.3},
    ],
    "vectors": [
        {"strength": 4.0, "width": 0.0015},
        {"strength": 4.0, "width": 0.003},
        {"strength": 8.0, "width": 0.0015},
        {"strength": 8.0, "width": 0.003},
    ],
    "net": [{"penalty": 0.0005}, {"penalty": 0.001}, {"penalty": 0.002}],
}


def name(setting: dict[str, Any]) -> str:
    """Return a setting as the record calls it."""
    return ", ".join(f"{key} {value:g}" for key, value in setting.items())


def errors(seed: int) -> Iterator[Line]:
    """Yield the lines of the sales to train on."""
    return cross_validated(task.split(task.load(settings().data_dir))[0]["houses"].reset_index(drop=True), seed)


def cross_validated(rows: pd.DataFrame, seed: int, parts: int = stack.FOLDS) -> Iterator[Line]:
    """Yield a line per member and setting: the error of sales that it was fitted without."""
    target = np.log(rows[LABEL].to_numpy())
    squares: dict[tuple[str, str], float] = {}
    for past, held in stack.folds(len(rows), seed, parts):
        coder = Coder().fit(rows.iloc[past])
        known, others = derive(coder.fill(coder.houses)), derive(coder.fill(coder.codes(rows.iloc[held])))
        for member, tried in TRIED.items():
            for setting in tried:
                error = KINDS[member](seed, **setting).fit(known, target[past]).predict(others) - target[held]
                case = (member, name(setting))
                squares[case] = squares.get(case, 0.0) + float((error**2).sum())
    for (member, setting_name), total in squares.items():
        yield {"member": member, "setting": setting_name, "rmse": float(np.sqrt(total / len(rows)))}


def best(results: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the setting of each member with the lowest mean."""
    means = results.groupby(["member", "setting"])["rmse"].mean()
    return {
        member: next(setting for setting in tried if name(setting) == means[member].idxmin())
        for member, tried in TRIED.items()
    }


STUDY = Study(
    measures=[Measure(errors)],
    tables=[
        Table(
            {"member": "member", "setting": "setting"},
            {"RMSE of the logarithm": lambda rows: spread(rows["rmse"], digits=4)},
        )
    ],
    seeds=2,
)
