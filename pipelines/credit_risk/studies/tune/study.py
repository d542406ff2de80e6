"""Which settings do the scores and the policy get, chosen on the loans to train on alone?

ROC AUC of five folds, for each setting and each seed: `splines.py` has the best setting by the mean over the seeds, and
the study `limit` takes the best of each other family. And how strict the thresholds by group are: see `bounds.py`. The
loans that test the model have no part in it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study, Table, spread
from capstan.study.choices import Setting
from capstan.study.protocol import Show
from pipelines.credit_risk import task, training
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.splines import Splines
from pipelines.credit_risk.studies.tune import bounds, rivals

FAMILIES = Choices({
    "splines": (Splines, {"knots": (3, 4, 5, 7), "strength": (0.001, 0.003, 0.01, 0.03)}),
    "cubics": (Splines, {"knots": (2,), "strength": (0.001, 0.003, 0.01, 0.03)}),  # no knot inside: no spline
    "boosting": (rivals.Trees, {"leaves": (2, 3, 4, 8), "rounds": (250, 500, 1_000), "extended": (False, True)}),
    "forest": (rivals.Forest, {"smallest": (3, 8, 20)}),
    "network": (rivals.Network, {"width": (16, 64), "decay": (0.01, 0.1, 1.0, 3.0)}),
}, score="roc_auc")  # fmt: skip


def area(rows: pd.DataFrame, family: str, setting: Setting, seed: int) -> float:
    """Return ROC AUC of predictions for each loan by a score that was fitted without the loan's fold."""
    from sklearn.metrics import roc_auc_score

    bad, margin, kind = rows[LABEL].to_numpy(), np.empty(len(rows)), FAMILIES.kind(family)
    for past, held in training.folds(bad, seed):
        margin[held] = kind(seed, **setting).fit(rows.iloc[past], bad[past]).margin(rows.iloc[held])
    return float(roc_auc_score(bad, margin))


@cache
def past() -> pd.DataFrame:
    """Return the loans to train on."""
    return task.split(task.load(settings().data_dir))[0]["loans"].reset_index(drop=True)


def score(family: str, setting: str, seed: int) -> Line:
    """Return ROC AUC of a family with a setting."""
    return {"roc_auc": area(past(), family, FAMILIES.setting(family, setting), seed)}


def pairs(seed: int) -> list[Line]:
    """Return what each pair of bounds costs, and how much it brings the groups together."""
    return list(bounds.measure(past(), seed))


PAIRS: dict[str, Show] = {
    "cost, more than boosting's": lambda rows: f"{100 * rows['extra_cost'].mean():.1f} %",
    "difference by age, against boosting's": lambda rows: f"{rows['ratio_age'].mean():.3f}",
    "difference by marital, against boosting's": lambda rows: f"{rows['ratio_marital'].mean():.3f}",
}

STUDY = Study(
    measures=[Measure(score, FAMILIES.cases()), Measure(pairs)],
    tables=[
        FAMILIES.table({"ROC AUC": lambda rows: spread(rows["roc_auc"], digits=4)}, "score"),
        Table({"bound by age": "age", "bound by marital": "marital"}, PAIRS, "pairs"),
    ],
)
