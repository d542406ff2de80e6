"""The score that is served: a logistic regression over splines of the inputs and their ratios.

The study `tune` has the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.linear.spline_score import SplineScore
from pipelines.credit_risk.columns import CATEGORIES, INPUTS, NUMBERS
from pipelines.credit_risk.ratios import RATIOS, ratios

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from models.linear.additive import Values

KNOTS = 3
STRENGTH = 0.01  # C of scikit-learn: the inverse of the penalty


class Splines(SplineScore):
    """The log-odds of a bad loan."""

    inputs, made_of = INPUTS, RATIOS

    def __init__(self, seed: int = 0, knots: int = KNOTS, strength: float = STRENGTH):
        super().__init__(seed, knots, strength)

    def values(self, columns: Columns) -> Values:
        """Return the inputs and their ratios."""
        numbers = {name: np.array(columns[name], dtype=float) for name in NUMBERS}
        texts = {name: [value if isinstance(value, str) else None for value in columns[name]] for name in CATEGORIES}
        return numbers | ratios(numbers) | texts
