"""What does each way to a fairer decision cost, and how much fairer is it?

All decisions are out of fold, over all loans.
"""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from pipelines.credit_risk import data, fairness, training
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.costs import cost
from pipelines.credit_risk.studies.compare import mitigation

ATTRIBUTES = ["age", "marital"]
REFERENCE = "boosting"


def decide(rows: pd.DataFrame, method: str, attribute: str, seed: int) -> mitigation.Decided:
    """Return the decisions on all rows, each by a model that was fitted without the row's fold."""
    fit = mitigation.METHODS[method][1]
    declined, margin = np.empty(len(rows)), np.full(len(rows), np.nan)
    for past, test in training.folds(rows[LABEL].to_numpy(), seed):
        decided = fit(rows.iloc[past], rows.iloc[test], attribute, seed)
        declined[test] = decided.declined
        if decided.margin is not None:
            margin[test] = decided.margin
    return mitigation.Decided(declined, None if np.isnan(margin).all() else margin)


def way(method: str, attribute: str, seed: int) -> Line:
    """Return the figures of a method by an attribute. The ratio to the reference is of the same loans."""
    from sklearn.metrics import roc_auc_score

    rows, began = loans(), time.monotonic()
    bad, before = rows[LABEL].to_numpy(), reference(seed)
    decided = before if method == REFERENCE else decide(rows, method, attribute, seed)
    codes = np.unique(data.groups(rows)[attribute], return_inverse=True)[1]
    intervals = fairness.intervals(bad, before.declined, decided.declined, codes, repeats=1_000, seed=seed)
    old, new = (fairness.difference(bad, d, codes) for d in (before.declined, decided.declined))
    return {
        "when": mitigation.METHODS[method][0],
        "roc_auc": roc_auc_score(bad, decided.margin) if decided.margin is not None else None,
        "cost": cost(bad, decided.declined),
        "extra_cost": cost(bad, decided.declined) / cost(bad, before.declined) - 1,
        "difference": new,
        "difference_from": intervals["after"][0],
        "difference_to": intervals["after"][1],
        "ratio": new / old,
        "ratio_from": intervals["ratio"][0],
        "ratio_to": intervals["ratio"][1],
        "seconds": time.monotonic() - began,
    }


@cache
def loans() -> pd.DataFrame:
    """Return all loans."""
    return data.loans(settings().data_dir)


@cache
def reference(seed: int) -> mitigation.Decided:
    """Return the decisions that all others are compared with."""
    return decide(loans(), REFERENCE, "age", seed)


COLUMNS: dict[str, Show] = {
    "ROC AUC": lambda rows: spread(rows["roc_auc"]) if rows["roc_auc"].notna().all() else "no score",
    "cost, against boosting": lambda rows: f"{spread(rows['extra_cost'], 100, 1)} %",
    "equalized-odds difference": lambda rows: spread(rows["difference"]),
    "against boosting": lambda rows: f"{rows['ratio'].mean():.2f}",
}

STUDY = Study(
    measures=[
        Measure(way, [{"method": name, "attribute": group} for name in mitigation.METHODS for group in ATTRIBUTES]),
    ],
    tables=[Table({"method": "method", "acts": "when", "groups": "attribute"}, COLUMNS)],
)
