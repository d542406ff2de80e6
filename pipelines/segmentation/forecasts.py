"""Customers as points of what they are likely to do next: the axes are forecasts of the three outcomes.

Outcomes in standard deviations are forecast by ridge regression. The tree takes the order of a customer without one
from here, and its rival, a cloud without groups, is drawn from these points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTY = 100.0  # of ridge regression, on inputs in standard deviations; 1 to 1,000 are about as good


@dataclass(frozen=True)
class Forecasts:
    """Weights, shape (d, 3), and intercepts, shape (3,), of linear forecasts of outcomes in standard deviations."""

    weights: np.ndarray
    intercepts: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray, answers: np.ndarray) -> Forecasts:
        """Return the forecasts that fit these customers best. points: shape (n, d). answers: shape (n, 3), some NaN."""
        from sklearn.linear_model import Ridge

        fitted = []
        for answer in answers.T:
            known = ~np.isnan(answer)
            scale = answer[known].std() or 1.0
            fitted.append(Ridge(PENALTY).fit(points[known], answer[known] / scale))
        return cls(np.column_stack([ridge.coef_ for ridge in fitted]), np.array([ridge.intercept_ for ridge in fitted]))

    def project(self, points: np.ndarray) -> np.ndarray:
        """Return the forecasts of points, shape (n, 3)."""
        projected: np.ndarray = points @ self.weights + self.intercepts
        return projected
