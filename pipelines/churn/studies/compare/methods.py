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
RIVAL = "splines, scikit-learn's defaults"  # the strongest in a few lines
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


class Plain:
    """The strongest simple rival: a logistic regression over splines and categories, all with the defaults."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Plain:
        """Return the regression, fitted on rows. churned: 0 or 1, shape (n,)."""
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, SplineTransformer

        terms = make_column_transformer((SplineTransformer(), NUMBERS), (OneHotEncoder(), CATEGORIES))
        self.line = make_pipeline(terms, LogisticRegression(max_iter=10_000)).fit(rows, churned)
        return self

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return np.asarray(self.line.decision_function(rows))


class Default:
    """LightGBM with its defaults."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Default:
        """Return the booster, fitted on rows. churned: 0 or 1, shape (n,)."""
        from lightgbm import LGBMClassifier

        booster = LGBMClassifier(random_state=self.seed, n_jobs=1, verbosity=-1)
        self.booster = booster.fit(self._inputs(rows), churned)
        return self

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return np.asarray(self.booster.predict(self._inputs(rows), raw_score=True))

    def _inputs(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[INPUTS].astype(dict.fromkeys(CATEGORIES, "category"))


METHODS: dict[str, Callable[[int], Any]] = {
    RIVAL: Plain,
    SIMPLE: Simple,
    "LightGBM, defaults": Default,
    "LightGBM, tuned": Boosting,
    SERVED: Splines,
}


def margins(past: pd.DataFrame, later: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return the calibrated log-odds of later customers by each method, shapes (n,)."""
    past = past.reset_index(drop=True)
    churned = past[LABEL].to_numpy()

    def both(score: Callable[[int], Any]) -> Margins:
        return training.out_of_fold(past, churned, score, seed), score(seed).fit(past, churned).margin(later)

    return {name: calibrated(both(score), churned) for name, score in METHODS.items()}


def calibrated(margins: Margins, churned: np.ndarray) -> np.ndarray:
    """Return the later log-odds by Platt's line through those out of fold, shape (n,)."""
    slope, intercept = platt.line(margins[0], churned)
    return np.asarray(slope * margins[1] + intercept)
