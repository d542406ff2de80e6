"""The score that is served: a logistic regression over splines of the inputs and of what follows from them.

The study `tune` has the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.linear.spline_score import SplineScore
from pipelines.churn.columns import INPUTS
from pipelines.churn.derived import DERIVED, derived, known

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from models.linear.additive import Values

KNOTS = 5
STRENGTH = 0.003  # C of scikit-learn: the inverse of the penalty
EXTENDED = True


class Splines(SplineScore):
    """The log-odds of leaving."""

    inputs, made_of = INPUTS, DERIVED

    def __init__(self, seed: int = 0, knots: int = KNOTS, strength: float = STRENGTH, extended: bool = EXTENDED):
        """extended: over what follows from the inputs, too."""
        super().__init__(seed, knots, strength)
        self.extended = extended

    def values(self, columns: Columns) -> Values:
        """Return the inputs, and what follows from them."""
        values = known(columns)
        return values | derived(values) if self.extended else values
