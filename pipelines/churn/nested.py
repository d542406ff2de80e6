"""Every method on the same customers to learn from, and the choice among them made anew there, by inner folds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linear import platt
from pipelines.churn import training
from pipelines.churn.boosting import Boosting
from pipelines.churn.columns import LABEL
from pipelines.churn.rivals import Simple
from pipelines.churn.splines import Splines

if TYPE_CHECKING:
    import pandas as pd

SIMPLE, SERVED = "logistic regression", "splines, served"
BLEND, NESTED = "mean of splines and LightGBM", "chosen inside each fold"
METHODS: dict[str, Callable[[int], Any]] = {
    SIMPLE: Simple,
    "LightGBM, tuned": Boosting,
    SERVED: Splines,
}
# Few of the settings of `tune.py`, which would take an hour here.
SPLINES: list[dict[str, Any]] = [
    {"strength": strength, "extended": extended} for strength in (0.003, 0.01) for extended in (False, True)
]
BOOSTING: list[dict[str, Any]] = [{"leaves": leaves} for leaves in (3, 8)]
Margins = tuple[np.ndarray, np.ndarray]  # log-odds of the past customers, out of fold, and of later ones


def margins(past: pd.DataFrame, later: pd.DataFrame, seed: int, chosen: bool = False) -> dict[str, np.ndarray]:
    """Return the calibrated log-odds of later customers by each method, shapes (n,).

    chosen: by the one that is chosen on the past customers, too, which takes longer than all others.
    """
    past = past.reset_index(drop=True)
    churned = past[LABEL].to_numpy()

    def both(score: Callable[[int], Any]) -> Margins:
        return training.out_of_fold(past, churned, score, seed), score(seed).fit(past, churned).margin(later)

    made = {name: both(score) for name, score in METHODS.items()}
    made[BLEND] = mean(made["LightGBM, tuned"], made[SERVED])
    if chosen:
        made[NESTED] = choose(past, later, seed)
    return {name: calibrated(one, churned) for name, one in made.items()}


def mean(one: Margins, other: Margins) -> Margins:
    """Return the margins of a blend of two scores."""
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def calibrated(made: Margins, churned: np.ndarray) -> np.ndarray:
    """Return the later log-odds by Platt's line through those out of fold, shape (n,)."""
    slope, intercept = platt.line(made[0], churned)
    return np.asarray(slope * made[1] + intercept)


def choose(past: pd.DataFrame, later: pd.DataFrame, seed: int) -> Margins:
    """Return the margins of the score with the highest ROC AUC out of fold.

    Of splines and of boosting the best setting is chosen first; then the better of both, or their mean.
    """
    from sklearn.metrics import roc_auc_score

    churned = past[LABEL].to_numpy()

    def area(made: np.ndarray) -> float:
        return float(roc_auc_score(churned, made))

    best: list[Margins] = []
    families: list[tuple[Callable[..., Any], list[dict[str, Any]]]] = [(Splines, SPLINES), (Boosting, BOOSTING)]
    for kind, settings in families:
        scores = [partial(kind, **setting) for setting in settings]
        known = [training.out_of_fold(past, churned, score, seed) for score in scores]
        at = int(np.argmax([area(one) for one in known]))
        best.append((known[at], scores[at](seed).fit(past, churned).margin(later)))
    return max([*best, mean(*best)], key=lambda made: area(made[0]))
