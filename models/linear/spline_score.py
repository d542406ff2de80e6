"""A score of named columns: a logistic regression over splines, whose reasons are exact.

Reference: sklearn.preprocessing.SplineTransformer and sklearn.linear_model.LogisticRegression, margins within 1e-3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from models.linear.additive import Additive, Values, shared

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns


class SplineScore(ABC):
    """A curve for each number and a constant for each category: they add up to the log-odds of an event.

    inputs: the columns that reasons are given for. made_of: a derived value -> the inputs that it is made of.
    """

    requirements = ("numpy", "scipy")
    inputs: Sequence[str]
    made_of: Mapping[str, Sequence[str]] = {}

    def __init__(self, seed: int, knots: int, strength: float):
        """strength: C of scikit-learn, the inverse of the penalty. seed: nothing is random here."""
        self.seed, self.knots, self.strength = seed, knots, strength

    @abstractmethod
    def values(self, columns: Columns) -> Values:
        """Return inputs and derived values by name: floats of shape (n,), NaN where one is missing, or texts."""

    def fit(self, rows: pd.DataFrame, event: np.ndarray) -> Self:
        """Return the regression, fitted on rows. event: 0 or 1, shape (n,)."""
        self.line = Additive(self.knots, self.strength).fit(self.values(rows), event)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of the event, shape (n,)."""
        return self.line.margin(self.values(columns))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k), compared with the mean row.

        These are the SHAP values of an additive model. That of a derived value is divided evenly among its inputs.
        """
        parts = shared(self.line.effects(self.values(columns)), self.inputs, self.made_of)
        return np.full(len(parts), self.line.base), parts
