"""From rows to what is served: calibration and policy come from loans that their own score has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.linear import platt
from models.linear.logistic import Logistic
from pipelines.credit_risk import policy
from pipelines.credit_risk.columns import CATEGORIES, LABEL, NUMBERS
from pipelines.credit_risk.model import CreditModel

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
DIVISIONS = 10  # into folds: with one, the policy depends on which loans come together


def fit(rows: pd.DataFrame, score: type, fair: bool, seed: int) -> CreditModel:
    """Return the model of a kind of score, fitted on all rows. fair: thresholds by group, not one for all."""
    bad = rows[LABEL].to_numpy()
    margins = [out_of_fold(rows, bad, score, DIVISIONS * seed + division) for division in range(DIVISIONS)]
    slope, intercept = platt.line(np.concatenate(margins), np.tile(bad, DIVISIONS))
    thresholds = policy.Policy()
    if fair:
        thresholds = policy.mean([policy.fit(slope * margin + intercept, bad, rows) for margin in margins])
    baseline = Logistic(NUMBERS, CATEGORIES).fit(rows, bad)
    ranges = {name: (float(rows[name].min()), float(rows[name].max())) for name in [*NUMBERS, "age"]}
    return CreditModel(score(seed).fit(rows, bad), slope, intercept, thresholds, baseline, ranges)


def out_of_fold(rows: pd.DataFrame, bad: np.ndarray, score: type, seed: int) -> np.ndarray:
    """Return the log-odds of each row by a score that was fitted on the other folds, shape (n,)."""
    margin = np.empty(len(rows))
    for train, test in folds(bad, seed):
        margin[test] = score(seed).fit(rows.iloc[train], bad[train]).margin(rows.iloc[test])
    return margin


def folds(bad: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the positions of the training and test rows of each fold, which all have the same share of bad loans."""
    from sklearn.model_selection import StratifiedKFold

    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(bad, bad))
