"""A generalized additive model: penalized splines, fitted by backfitting.

Source: Hastie and Tibshirani, "Generalized Additive Models" (1990), section 4.4; Eilers and Marx, "Flexible Smoothing
with B-splines and Penalties" (1996). Each curve in turn is fitted to what the others leave.

Reference: statsmodels.gam.api.GLMGam with hardly any penalty, and all curves solved at once, 1e-4.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline


class Curve:
    """B-splines of one input, of which the second differences of neighbouring weights are penalized."""

    def __init__(self, values: np.ndarray, knots: int = 8):
        """knots: inside, at even quantiles. Beyond the ends a value counts as the end."""
        inner = np.unique(np.quantile(values, np.linspace(0, 1, knots + 2)))
        self.ends = inner[0], inner[-1]
        self.knots = np.r_[[inner[0]] * 3, inner, [inner[-1]] * 3]
        self.size = len(self.knots) - 4
        self.mean = np.zeros(self.size)
        self.mean = self.basis(values).mean(axis=0)
        difference = np.diff(np.eye(self.size), 2, axis=0)
        self.penalty = difference.T @ difference

    def basis(self, values: np.ndarray) -> np.ndarray:
        """Return the splines less their means, shape (n, size): a curve has the mean 0."""
        splines = BSpline.design_matrix(np.clip(values, *self.ends), self.knots, 3).toarray()
        return np.asarray(splines - self.mean)


class Additive:
    """A constant and a curve for each input."""

    def __init__(self, penalty: float = 1.0, knots: int = 8):
        self.penalty, self.knots = penalty, knots

    def fit(self, matrix: np.ndarray, target: np.ndarray, rounds: int = 1_000) -> Additive:
        """Return the model. matrix: shape (n, k). target: shape (n,)."""
        self.curves = [Curve(values, self.knots) for values in matrix.T]
        self.constant = float(target.mean())
        bases = [curve.basis(values) for curve, values in zip(self.curves, matrix.T, strict=True)]
        small = 1e-8  # the splines add up to a constant, which the mean has taken
        solved = [
            np.linalg.solve(base.T @ base + self.penalty * curve.penalty + small * np.eye(curve.size), base.T)
            for base, curve in zip(bases, self.curves, strict=True)
        ]
        self.weights = [np.zeros(curve.size) for curve in self.curves]
        fitted = [np.zeros(len(target)) for _ in self.curves]
        residual = target - self.constant
        for _ in range(rounds):
            moved = 0.0
            for place, base in enumerate(bases):
                self.weights[place] = solved[place] @ (residual + fitted[place])
                after = base @ self.weights[place]
                moved = max(moved, float(np.abs(after - fitted[place]).max()))
                residual, fitted[place] = residual + fitted[place] - after, after
            if moved < 1e-9:
                break
        return self

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return the prediction of each row, shape (n,)."""
        parts = zip(self.curves, matrix.T, self.weights, strict=True)
        return np.asarray(self.constant + np.sum([curve.basis(values) @ w for curve, values, w in parts], axis=0))
