"""A logistic regression over splines of the numbers and constants of the categories: `models/linear/additive.py`.

`tune.json` has the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.linear.additive import Additive, shared
from pipelines.churn.columns import INPUTS
from pipelines.churn.derived import DERIVED, derived, known

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    from capstan.contract.model import Columns

KNOTS = 5
STRENGTH = 0.003  # C of scikit-learn: the inverse of the penalty
EXTENDED = True


class Splines:
    """A curve for each number and a constant for each category: they add up to the log-odds of leaving."""

    requirements = ("numpy", "scipy")

    def __init__(self, seed: int = 0, knots: int = KNOTS, strength: float = STRENGTH, extended: bool = EXTENDED):
        """extended: over what follows from the inputs, too."""
        self.seed, self.knots, self.strength = seed, knots, strength  # nothing is random here
        self.extended = extended

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Splines:
        """Return the regression, fitted on rows. churned: 0 or 1, shape (n,)."""
        self.line = Additive(self.knots, self.strength).fit(self._values(rows), churned)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return self.line.margin(self._values(columns))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k), compared with the mean customer.

        These are the SHAP values of an additive model. That of a pair or a sum is divided evenly among its inputs.
        """
        effects = self.line.effects(self._values(columns))
        parts = shared(effects, INPUTS, DERIVED)
        return np.full(len(parts), self.line.base), parts

    def _values(self, columns: Columns) -> dict[str, Any]:
        values = known(columns)
        return values | derived(values) if self.extended else values
