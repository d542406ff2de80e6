"""From rows to what is served: the calibration comes from customers that their own score has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linear import platt
from models.linear.logistic import Logistic
from models.metrics import splits
from pipelines.churn.columns import CATEGORIES, INPUTS, LABEL, NUMBERS
from pipelines.churn.lives import Stays
from pipelines.churn.model import ChurnModel

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5


def fit(rows: pd.DataFrame, score: Callable[[int], Any], seed: int) -> ChurnModel:
    """Return the model of a kind of score, fitted on all rows. score: makes a new one of a seed."""
    rows = rows.reset_index(drop=True)
    churned = rows[LABEL].to_numpy()
    slope, intercept = platt.line(out_of_fold(rows, churned, score, seed), churned)
    baseline = Logistic(NUMBERS, CATEGORIES).fit(rows, churned)
    ranges = {name: (float(rows[name].min()), float(rows[name].max())) for name in NUMBERS}
    return ChurnModel(score(seed).fit(rows, churned), slope, intercept, Stays().fit(rows), baseline, ranges)


def out_of_fold(rows: pd.DataFrame, churned: np.ndarray, score: Callable[[int], Any], seed: int) -> np.ndarray:
    """Return the log-odds of each row by a score that was fitted on the other folds, shape (n,)."""
    margin = np.empty(len(rows))
    for past, held in folds(rows, churned, seed):
        margin[held] = score(seed).fit(rows.iloc[past], churned[past]).margin(rows.iloc[held])
    return margin


def folds(rows: pd.DataFrame, churned: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the positions to learn from and to hold out of each fold, which all have the same share who left.

    A customer who equals one that is held out, as 40 do, is not learned from. rows: with the index 0, 1, ...
    """
    from sklearn.model_selection import StratifiedKFold

    parts = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(churned, churned)
    return [(splits.without(rows.iloc[past], rows.iloc[held], INPUTS).index.to_numpy(), held) for past, held in parts]
