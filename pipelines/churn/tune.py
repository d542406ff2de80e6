"""`python -m pipelines.churn.tune`: the settings of the scores, chosen on the customers to train on alone.

Writes `tune.json` beside this file: ROC AUC of five folds, for each setting and each seed. The code has the best
setting of each family by the mean over the seeds. The customers that test the model have no part in it.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from capstan.settings import settings
from models.study import Study, markdown, options, spread
from pipelines.churn import rivals, task, training
from pipelines.churn.blend import Blend
from pipelines.churn.boosting import Boosting
from pipelines.churn.columns import LABEL
from pipelines.churn.splines import Splines

FOLDER = Path(__file__).parent
CLOSE = 0.001  # the simplest family that is within so much of the best is served
# Family -> its class, and the values of each setting that are tried. The blend has the best of both its parts.
GRIDS: dict[str, tuple[Any, dict[str, tuple[Any, ...]]]] = {
    "splines": (
        Splines,
        {"knots": (3, 5, 7), "strength": (0.001, 0.003, 0.01), "extended": (False, True)},
    ),
    "boosting": (Boosting, {"leaves": (3, 4, 8), "rounds": (150, 300), "extended": (False, True)}),
    "forest": (rivals.Forest, {"smallest": (5, 10, 20)}),
    "blend": (Blend, {}),
}


def trials(family: str) -> list[dict[str, Any]]:
    """Return the settings of a family that are tried."""
    grid = GRIDS[family][1]
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def name(setting: dict[str, Any]) -> str:
    """Return a setting as the record calls it."""
    return ", ".join(f"{key} {value}" for key, value in setting.items()) or "no setting"


def area(rows: pd.DataFrame, family: str, setting: dict[str, Any], seed: int) -> float:
    """Return ROC AUC of predictions for each customer by a score that was fitted without the customer's fold."""
    from sklearn.metrics import roc_auc_score

    churned = rows[LABEL].to_numpy()
    margin = training.out_of_fold(rows, churned, lambda seed: GRIDS[family][0](seed, **setting), seed)
    return float(roc_auc_score(churned, margin))


def record() -> pd.DataFrame:
    """Return the lines of `tune.json`."""
    return pd.DataFrame(json.loads((FOLDER / "tune.json").read_text()))


def best(results: pd.DataFrame, family: str) -> dict[str, Any]:
    """Return the setting of a family with the highest mean."""
    means = results[results["family"] == family].groupby("setting")["roc_auc"].mean()
    return next(setting for setting in trials(family) if name(setting) == means.idxmax())


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the best setting of each family, and how many were tried."""
    at = [
        name(best(results, family)) == setting for family, setting in zip(results.family, results.setting, strict=True)
    ]
    tried = results.groupby("family")["setting"].nunique()
    columns = {
        "settings tried": lambda rows: str(tried[rows["family"].iloc[0]]),
        "ROC AUC": lambda rows: spread(rows["roc_auc"], digits=4),
    }
    return markdown(results[at], {"family": "family", "best setting": "setting"}, columns)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    rows = task.split({"training_set": task.labelled(settings().data_dir)})[0]["customers"]
    for family in GRIDS:
        for setting, seed in product(trials(family), range(given.seeds)):
            line = {"family": family, "setting": name(setting), "seed": seed}
            if not study.has(**line):
                study.add(line | {"roc_auc": area(rows, family, setting, seed)})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
