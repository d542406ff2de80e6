"""Which settings do the scores get, chosen on the customers to train on alone?

ROC AUC of five folds, for each setting and each seed. The code has the best setting of each family by the mean over the
seeds. The customers that test the model have no part in it.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study, spread
from capstan.study.choices import Setting
from pipelines.churn import task, training
from pipelines.churn.boosting import Boosting
from pipelines.churn.columns import LABEL
from pipelines.churn.splines import Splines
from pipelines.churn.studies.tune.forest import Forest

CLOSE = 0.001  # the simplest family that is within so much of the best is served
FAMILIES = Choices({
    "splines": (Splines, {"knots": (3, 5, 7), "strength": (0.003, 0.01, 0.03, 0.1, 1.0)}),
    "boosting": (Boosting, {"leaves": (3, 4, 8), "rounds": (150, 300)}),
    "forest": (Forest, {"smallest": (5, 10, 20)}),
}, score="roc_auc")  # fmt: skip


def area(rows: pd.DataFrame, family: str, setting: Setting, seed: int) -> float:
    """Return ROC AUC of predictions for each customer by a score that was fitted without the customer's fold."""
    from sklearn.metrics import roc_auc_score

    churned = rows[LABEL].to_numpy()
    margin = training.out_of_fold(rows, churned, lambda seed: FAMILIES.kind(family)(seed, **setting), seed)
    return float(roc_auc_score(churned, margin))


def score(family: str, setting: str, seed: int) -> Line:
    """Return ROC AUC of a family with a setting."""
    return {"roc_auc": area(customers(), family, FAMILIES.setting(family, setting), seed)}


@cache
def customers() -> pd.DataFrame:
    """Return the customers to train on."""
    return task.split({"training_set": task.labelled(settings().data_dir)})[0]["customers"]


STUDY = Study(
    measures=[Measure(score, FAMILIES.cases())],
    tables=[FAMILIES.table({"ROC AUC": lambda rows: spread(rows["roc_auc"], digits=4)})],
)
