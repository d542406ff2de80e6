"""Focal loss: logistic regression that cares less for what it already knows.

Source: Lin, Goyal, Girshick, He and Dollár, "Focal loss for dense object detection" (2017), equation 5:
-alpha (1 - p_t)^gamma log p_t, where p_t is the probability given to what is true. gamma 0 and alpha 1/2: log loss.

Reference: torch.autograd, slopes within 1e-9; without focus sklearn.linear_model.LogisticRegression, a correlation
above 0.999.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit


def loss(margin: np.ndarray, y: np.ndarray, gamma: float, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each row and its slope in the log-odds, shapes (n,). alpha: the weight of the positives."""
    sign = np.where(y == 1, 1.0, -1.0)
    weight = np.where(y == 1, alpha, 1 - alpha)
    right, log_right = expit(sign * margin), log_expit(sign * margin)
    wrong = 1 - right
    value = -weight * wrong**gamma * log_right
    slope = sign * weight * wrong**gamma * (gamma * right * log_right - wrong)
    return value, slope


class Focal:
    """Weights and an offset by L-BFGS, with a small ridge. Columns are put on one scale first."""

    def __init__(self, gamma: float = 2.0, alpha: float = 0.5, ridge: float = 1e-4):
        self.gamma, self.alpha, self.ridge = gamma, alpha, ridge

    def fit(self, x: np.ndarray, y: np.ndarray) -> Focal:
        """Find the weights. x: shape (n, d); y: shape (n,), 0 and 1."""
        self.mean, self.spread = x.mean(axis=0), x.std(axis=0) + 1e-9
        z = np.column_stack([(x - self.mean) / self.spread, np.ones(len(x))])

        def total(weights: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = loss(z @ weights, y, self.gamma, self.alpha)
            return value.mean() + self.ridge * weights @ weights, z.T @ slope / len(z) + 2 * self.ridge * weights

        self.weights = minimize(total, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
        return self

    def margin(self, x: np.ndarray) -> np.ndarray:
        """Return the log-odds of each row, which this loss does not calibrate, shape (n,)."""
        return np.asarray((x - self.mean) / self.spread @ self.weights[:-1] + self.weights[-1])
