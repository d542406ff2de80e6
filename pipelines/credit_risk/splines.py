"""The score that is served: a logistic regression over splines of the inputs and their ratios.

An additive model: Hastie and Tibshirani, "Generalized Additive Models" (1990). `tune.json` has the values that were
tried for the constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.credit_risk.columns import CATEGORIES, INPUTS, NUMBERS
from pipelines.credit_risk.curves import Constants, Curve
from pipelines.credit_risk.ratios import RATIOS, ratios

if TYPE_CHECKING:
    import pandas as pd

    from capstan.model import Columns

KNOTS = 3
STRENGTH = 0.01  # C of scikit-learn: the inverse of the penalty


class Splines:
    """A curve for each number and ratio, a constant for each category, which add up to the log-odds of a bad loan."""

    requirements = ("numpy", "scipy")

    def __init__(self, seed: int = 0, knots: int = KNOTS, strength: float = STRENGTH):
        self.seed, self.knots, self.strength = seed, knots, strength  # nothing is random here

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Splines:
        """Return the regression, fitted on rows. bad: 0 or 1, shape (n,)."""
        from sklearn.linear_model import LogisticRegression

        values = _values(rows)
        self.parts: dict[str, Curve | Constants] = {
            name: Constants(column) if name in CATEGORIES else Curve(column, self.knots)
            for name, column in values.items()
        }
        designs = [part.design(values[name]) for name, part in self.parts.items()]
        terms = np.hstack(designs)
        means, scales = terms.mean(axis=0), terms.std(axis=0)
        scales[scales == 0] = 1
        line = LogisticRegression(C=self.strength, max_iter=1_000).fit((terms - means) / scales, bad)
        self.base, weights = float(line.intercept_[0]), line.coef_[0] / scales
        ends = np.cumsum([design.shape[1] for design in designs])[:-1]
        for part, own, mean in zip(self.parts.values(), np.split(weights, ends), np.split(means, ends), strict=True):
            part.weigh(own, float(own @ mean))
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        return np.asarray(self.base + sum(self._effects(columns).values()))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k), compared with the mean loan.

        These are the SHAP values of an additive model. That of a ratio is divided evenly among its inputs.
        """
        effects = self._effects(columns)
        parts = np.zeros((len(effects[INPUTS[0]]), len(INPUTS)))
        for name, values in effects.items():
            inputs = RATIOS.get(name, (name,))
            for one in inputs:
                parts[:, INPUTS.index(one)] += values / len(inputs)
        return np.full(len(parts), self.base), parts

    def _effects(self, columns: Columns) -> dict[str, np.ndarray]:
        values = _values(columns)
        return {name: part(values[name]) for name, part in self.parts.items()}


def _values(columns: Columns) -> dict[str, Any]:
    """Return inputs and ratios by name: floats of shape (n,), NaN where one is missing, and lists of categories."""
    numbers = {name: np.array(columns[name], dtype=float) for name in NUMBERS}
    texts = {name: [value if isinstance(value, str) else None for value in columns[name]] for name in CATEGORIES}
    return numbers | ratios(numbers) | texts
