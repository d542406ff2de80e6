"""The score that is served: a logistic regression over splines of the inputs and their ratios.

`models/linear/additive.py` has the regression, `tune.json` the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.linear.additive import Additive, shared
from pipelines.credit_risk.columns import CATEGORIES, INPUTS, NUMBERS
from pipelines.credit_risk.ratios import RATIOS, ratios

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns

KNOTS = 3
STRENGTH = 0.01  # C of scikit-learn: the inverse of the penalty


class Splines:
    """A curve for each number and ratio, a constant for each category, which add up to the log-odds of a bad loan."""

    requirements = ("numpy", "scipy")

    def __init__(self, seed: int = 0, knots: int = KNOTS, strength: float = STRENGTH):
        self.seed, self.knots, self.strength = seed, knots, strength  # nothing is random here

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Splines:
        """Return the regression, fitted on rows. bad: 0 or 1, shape (n,)."""
        self.line = Additive(self.knots, self.strength).fit(_values(rows), bad)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        return self.line.margin(_values(columns))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k), compared with the mean loan.

        These are the SHAP values of an additive model. That of a ratio is divided evenly among its inputs.
        """
        effects = self.line.effects(_values(columns))
        parts = shared(effects, INPUTS, RATIOS)
        return np.full(len(parts), self.line.base), parts


def _values(columns: Columns) -> dict[str, Any]:
    """Return inputs and ratios by name: floats of shape (n,), NaN where one is missing, and lists of categories."""
    numbers = {name: np.array(columns[name], dtype=float) for name in NUMBERS}
    texts = {name: [value if isinstance(value, str) else None for value in columns[name]] for name in CATEGORIES}
    return numbers | ratios(numbers) | texts
