"""What one input adds to a score: a curve for a number, a constant for each value of a category.

Reference: sklearn.preprocessing.SplineTransformer in the same regression, margins within 1e-3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import BSpline

DEGREE = 3
REFERENCES = np.linspace(0, 1, 200)


class Curve:
    """A cubic spline over the ranks of a number, and a constant for those that are missing."""

    def __init__(self, values: np.ndarray, knots: int):
        """values: those that are learned from, shape (n,). knots: how many, evenly over the ranks."""
        self.quantiles = np.nanquantile(values, REFERENCES)
        self.knots = np.arange(-DEGREE, knots + DEGREE) / (knots - 1)

    def design(self, values: np.ndarray) -> np.ndarray:
        """Return what is weighted: the splines, which add up to 1, and whether a value is missing, shape (n, k)."""
        splines = BSpline.design_matrix(self._ranks(values), self.knots, DEGREE).toarray()
        return np.column_stack([splines, np.isnan(values)])

    def weigh(self, weights: np.ndarray, mean: float) -> None:
        """Take the weights of the design, shape (k,), and what they give on average, which is added to no value."""
        self.weights, self.missing = weights[:-1] - mean, float(weights[-1])

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return what values add, shape (n,)."""
        drawn = BSpline(self.knots, self.weights, DEGREE)(self._ranks(values))
        return np.asarray(drawn + self.missing * np.isnan(values))

    def _ranks(self, values: np.ndarray) -> np.ndarray:
        """Return ranks from 0 to 1: of a value that many have the middle of theirs, of a missing one the median."""
        known = np.where(np.isnan(values), self.quantiles[len(REFERENCES) // 2], values)
        above = np.interp(-known, -self.quantiles[::-1], REFERENCES)
        return np.asarray((np.interp(known, self.quantiles, REFERENCES) + 1 - above) / 2)


class Constants:
    """A constant for each value of a category. Missing and unknown values share one."""

    def __init__(self, values: Sequence[str | None]):
        """values: those that are learned from."""
        self.levels = sorted({value for value in values if value is not None})

    def design(self, values: Sequence[str | None]) -> np.ndarray:
        """Return what is weighted: whether a value is each of the known ones, shape (n, k)."""
        return np.array([[value == level for level in self.levels] for value in values], dtype=float)

    def weigh(self, weights: np.ndarray, mean: float) -> None:
        """Take the weights of the design, shape (k,), and what they give on average, which is added to no value."""
        self.known, self.unknown = dict(zip(self.levels, weights - mean, strict=True)), -mean

    def __call__(self, values: Sequence[str | None]) -> np.ndarray:
        """Return what values add, shape (n,)."""
        return np.array([self.unknown if value is None else self.known.get(value, self.unknown) for value in values])
