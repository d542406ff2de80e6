"""`python -m pipelines.credit_risk.tune`: the constants of the scores, chosen on the loans to train on alone.

Writes `tune.json` beside this file: ROC AUC of five folds, for each setting and each seed. `splines.py` has the best
setting by the mean over the seeds, and `limit.py` takes the best of each other family. The loans that test the model
have no part in it.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Study, options
from pipelines.credit_risk import rivals, task, training
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.splines import Splines

FOLDER = Path(__file__).parent
# Family -> its class, and the values of each setting that are tried.
GRIDS: dict[str, tuple[Any, dict[str, tuple[Any, ...]]]] = {
    "splines": (Splines, {"knots": (3, 4, 5, 7), "strength": (0.001, 0.003, 0.01, 0.03)}),
    "cubics": (Splines, {"knots": (2,), "strength": (0.001, 0.003, 0.01, 0.03)}),  # no knot inside: no spline
    "boosting": (rivals.Trees, {"leaves": (2, 3, 4, 8), "rounds": (250, 500, 1_000), "extended": (False, True)}),
    "forest": (rivals.Forest, {"smallest": (3, 8, 20)}),
    "network": (rivals.Network, {"width": (16, 64), "decay": (0.01, 0.1, 1.0, 3.0)}),
}


def trials(family: str) -> list[dict[str, Any]]:
    """Return the settings of a family that are tried."""
    grid = GRIDS[family][1]
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def name(setting: dict[str, Any]) -> str:
    """Return a setting as the record calls it."""
    return ", ".join(f"{key} {value}" for key, value in setting.items())


def area(rows: pd.DataFrame, family: str, setting: dict[str, Any], seed: int) -> float:
    """Return ROC AUC of predictions for each loan by a score that was fitted without the loan's fold."""
    from sklearn.metrics import roc_auc_score

    bad, margin, kind = rows[LABEL].to_numpy(), np.empty(len(rows)), GRIDS[family][0]
    for past, held in training.folds(bad, seed):
        margin[held] = kind(seed, **setting).fit(rows.iloc[past], bad[past]).margin(rows.iloc[held])
    return float(roc_auc_score(bad, margin))


def record() -> pd.DataFrame:
    """Return the lines of `tune.json`."""
    return pd.DataFrame(json.loads((FOLDER / "tune.json").read_text()))


def best(results: pd.DataFrame, family: str) -> dict[str, Any]:
    """Return the setting of a family with the highest mean."""
    means = results[results["family"] == family].groupby("setting")["roc_auc"].mean()
    return next(setting for setting in trials(family) if name(setting) == means.idxmax())


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    rows = task.split(task.load(settings().data_dir))[0]["loans"].reset_index(drop=True)
    for family in GRIDS:
        for setting, seed in product(trials(family), range(given.seeds)):
            line = {"family": family, "setting": name(setting), "seed": seed}
            if not study.has(**line):
                study.add(line | {"roc_auc": area(rows, family, setting, seed)})
        print(family, best(study.table(), family))


if __name__ == "__main__":
    main()
