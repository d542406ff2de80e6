"""The score that is served: a logistic regression over splines of the inputs.

The study `tune` has the values that were tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.linear.spline_score import SplineScore
from pipelines.churn.columns import CATEGORIES, INPUTS, NUMBERS

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from models.linear.additive import Values

KNOTS = 3
STRENGTH = 1.0  # C of scikit-learn, the inverse of the penalty: its default


class Splines(SplineScore):
    """The log-odds of leaving."""

    inputs = INPUTS

    def __init__(self, seed: int = 0, knots: int = KNOTS, strength: float = STRENGTH):
        super().__init__(seed, knots, strength)

    def values(self, columns: Columns) -> Values:
        """Return the inputs."""
        return known(columns)


def known(columns: Columns) -> dict[str, Any]:
    """Return the inputs by name: floats, an array of shape (n,), and lists of texts; None or NaN where one is missing.

    A total that is missing is that of the same bill each month.
    """
    values: dict[str, Any] = {name: np.array(columns[name], dtype=float) for name in NUMBERS}
    values["total"] = np.where(np.isnan(values["total"]), values["tenure"] * values["monthly"], values["total"])
    return values | {name: [v if isinstance(v, str) else None for v in columns[name]] for name in CATEGORIES}
