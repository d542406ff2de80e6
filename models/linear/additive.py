"""A logistic regression over splines of numbers and constants of categories, for any columns.

An additive model: Hastie and Tibshirani, "Generalized Additive Models" (1990).

Reference: sklearn.preprocessing.SplineTransformer and sklearn.linear_model.LogisticRegression, margins within 1e-3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.linear.curves import Constants, Curve

Values = Mapping[str, Any]  # floats, an array of shape (n,) with NaN where one is missing; or a list of categories


class Additive:
    """A curve for each number, a constant for each value of a category: they add up to the log-odds of the event."""

    def __init__(self, knots: int, strength: float):
        """knots: of each curve. strength: C of scikit-learn, the inverse of the penalty."""
        self.knots, self.strength = knots, strength

    def fit(self, values: Values, event: np.ndarray) -> Additive:
        """Return the regression, fitted on values. event: 0 or 1, shape (n,)."""
        from sklearn.linear_model import LogisticRegression

        self.parts: dict[str, Curve | Constants] = {
            name: Curve(column, self.knots) if isinstance(column, np.ndarray) else Constants(column)
            for name, column in values.items()
        }
        designs = [part.design(values[name]) for name, part in self.parts.items()]
        terms = np.hstack(designs)
        means, scales = terms.mean(axis=0), terms.std(axis=0)
        scales[scales == 0] = 1
        line = LogisticRegression(C=self.strength, max_iter=1_000).fit((terms - means) / scales, event)
        self.base, weights = float(line.intercept_[0]), line.coef_[0] / scales
        ends = np.cumsum([design.shape[1] for design in designs])[:-1]
        for part, own, mean in zip(self.parts.values(), np.split(weights, ends), np.split(means, ends), strict=True):
            part.weigh(own, float(own @ mean))
        return self

    def effects(self, values: Values) -> dict[str, np.ndarray]:
        """Return what each column adds to the log-odds, compared with its mean, shapes (n,)."""
        return {name: part(values[name]) for name, part in self.parts.items()}

    def margin(self, values: Values) -> np.ndarray:
        """Return the log-odds, shape (n,)."""
        return np.asarray(self.base + sum(self.effects(values).values()))


def shared(
    effects: Mapping[str, np.ndarray], inputs: Sequence[str], made_of: Mapping[str, Sequence[str]]
) -> np.ndarray:
    """Return the effect of each input, (n, k): that of a value made of several is divided evenly among them."""
    parts = np.zeros((len(effects[inputs[0]]), len(inputs)))
    for name, values in effects.items():
        sources = made_of.get(name, (name,))
        for source in sources:
            parts[:, inputs.index(source)] += values / len(sources)
    return parts
