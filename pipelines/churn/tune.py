"""`python -m pipelines.churn.tune`: the settings of the scores, chosen on the customers to train on alone.

Writes `tune.json` beside this file: ROC AUC of five folds, for each setting and each seed. The code has the best
setting of each family by the mean over the seeds. The customers that test the model have no part in it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from capstan.settings import settings
from models.study import Study, options, spread
from models.tuning import Families, Setting
from pipelines.churn import rivals, task, training
from pipelines.churn.blend import Blend
from pipelines.churn.boosting import Boosting
from pipelines.churn.columns import LABEL
from pipelines.churn.splines import Splines

FOLDER = Path(__file__).parent
CLOSE = 0.001  # the simplest family that is within so much of the best is served
# The blend has the best of both its parts.
FAMILIES = Families({
    "splines": (
        Splines,
        {"knots": (3, 5, 7), "strength": (0.001, 0.003, 0.01), "extended": (False, True)},
    ),
    "boosting": (Boosting, {"leaves": (3, 4, 8), "rounds": (150, 300), "extended": (False, True)}),
    "forest": (rivals.Forest, {"smallest": (5, 10, 20)}),
    "blend": (Blend, {}),
}, score="roc_auc")  # fmt: skip


def area(rows: pd.DataFrame, family: str, setting: Setting, seed: int) -> float:
    """Return ROC AUC of predictions for each customer by a score that was fitted without the customer's fold."""
    from sklearn.metrics import roc_auc_score

    churned = rows[LABEL].to_numpy()
    margin = training.out_of_fold(rows, churned, lambda seed: FAMILIES.kind(family)(seed, **setting), seed)
    return float(roc_auc_score(churned, margin))


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the best setting of each family, and how many were tried."""
    return FAMILIES.table(results, {"ROC AUC": lambda rows: spread(rows["roc_auc"], digits=4)})


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    rows = task.split({"training_set": task.labelled(settings().data_dir)})[0]["customers"]
    FAMILIES.measure(study, given.seeds, lambda family, setting, seed: {"roc_auc": area(rows, family, setting, seed)})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
