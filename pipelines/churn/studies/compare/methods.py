"""Every method on the same customers to learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linear import platt
from models.linear.logistic import Logistic
from pipelines.churn import training
from pipelines.churn.boosting import Boosting
from pipelines.churn.columns import CATEGORIES, INPUTS, LABEL, NUMBERS
from pipelines.churn.splines import Splines

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns

SIMPLE, SERVED = "logistic regression", "splines, served"
BLEND = "mean of splines and LightGBM"
Margins = tuple[np.ndarray, np.ndarray]  # log-odds of the past customers, out of fold, and of later ones


class Simple:
    """The baseline: a logistic regression over the inputs, with scikit-learn's defaults."""

    requirements = ("numpy", "pandas")

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Simple:
        """Return the regression, fitted on rows. churned: 0 or 1, shape (n,)."""
        self.line = Logistic(NUMBERS, CATEGORIES).fit(rows, churned)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return np.asarray(self._terms(columns).sum(axis=1) + self.line.intercept)

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k)."""
        terms, of = self._terms(columns), [*NUMBERS, *np.array(NUMBERS)[self.line.gaps]]
        of += [name for name, levels in self.line.levels.items() for _ in levels]
        parts = np.column_stack([terms[:, np.array(of) == name].sum(axis=1) for name in INPUTS])
        return np.full(len(parts), self.line.intercept), parts

    def _terms(self, columns: Columns) -> np.ndarray:
        import pandas as pd

        return np.asarray(self.line.matrix(pd.DataFrame({name: columns[name] for name in INPUTS})) * self.line.weights)


METHODS: dict[str, Callable[[int], Any]] = {
    SIMPLE: Simple,
    "LightGBM, tuned": Boosting,
    SERVED: Splines,
}


def margins(past: pd.DataFrame, later: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return the calibrated log-odds of later customers by each method, shapes (n,)."""
    past = past.reset_index(drop=True)
    churned = past[LABEL].to_numpy()

    def both(score: Callable[[int], Any]) -> Margins:
        return training.out_of_fold(past, churned, score, seed), score(seed).fit(past, churned).margin(later)

    made = {name: both(score) for name, score in METHODS.items()}
    made[BLEND] = mean(made["LightGBM, tuned"], made[SERVED])
    return {name: calibrated(one, churned) for name, one in made.items()}


def mean(one: Margins, other: Margins) -> Margins:
    """Return the margins of a blend of two scores."""
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def calibrated(margins: Margins, churned: np.ndarray) -> np.ndarray:
    """Return the later log-odds by Platt's line through those out of fold, shape (n,)."""
    slope, intercept = platt.line(margins[0], churned)
    return np.asarray(slope * margins[1] + intercept)
