"""Customers as points of what they are likely to do next: the axes are forecasts of the three outcomes.

Outcomes in standard deviations are forecast by ridge regression. The squared error of a segment's mean is that of the
forecast, which no division changes, plus the distance of the forecasts to their segment's mean. So k-means on these
points makes, of all divisions into so many parts, one that explains most of the next quarter.

Source of the idea: Blockeel, De Raedt and Ramon, "Top-down induction of clustering trees" (1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTY = 100.0  # of ridge regression, on inputs in standard deviations: see tune.json


@dataclass(frozen=True)
class Forecasts:
    """Weights, shape (d, 3), and intercepts, shape (3,), of linear forecasts of outcomes in standard deviations."""

    weights: np.ndarray
    intercepts: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray, answers: np.ndarray, penalty: float = PENALTY) -> Forecasts:
        """Return the forecasts that fit these customers best. points: shape (n, d). answers: shape (n, 3), some NaN."""
        from sklearn.linear_model import Ridge

        fitted = []
        for answer in answers.T:
            known = ~np.isnan(answer)
            scale = answer[known].std() or 1.0
            fitted.append(Ridge(penalty).fit(points[known], answer[known] / scale))
        return cls(np.column_stack([ridge.coef_ for ridge in fitted]), np.array([ridge.intercept_ for ridge in fitted]))

    def project(self, points: np.ndarray) -> np.ndarray:
        """Return the forecasts of points, shape (n, 3)."""
        projected: np.ndarray = points @ self.weights + self.intercepts
        return projected
