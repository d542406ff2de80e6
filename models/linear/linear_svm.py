"""A linear support vector machine by dual coordinate descent.

Source: Hsieh et al., "A Dual Coordinate Descent Method for Large-scale Linear SVM" (2008), algorithm 3, with the
shrinking of its section 3.2, as liblinear has it. The intercept is the weight of a column of ones, and regularized.

Reference: sklearn.svm.LinearSVC, margins within 1e-4.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

Loss = Literal["hinge", "squared_hinge"]


class LinearSVM:
    """Minimizes |w|^2 / 2 + strength * sum of the losses. Its parameters have the meaning of scikit-learn's `C`."""

    def __init__(
        self,
        strength: float = 1.0,
        loss: Loss = "squared_hinge",
        tolerance: float = 1e-3,
        epochs: int = 1_000,
        seed: int = 0,
    ):
        """tolerance: the largest violation of the optimality conditions at the end, as the paper's epsilon."""
        self.strength, self.loss, self.tolerance = strength, loss, tolerance
        self.epochs, self.seed = epochs, seed

    def fit(self, rows: csr_array, target: np.ndarray, importance: np.ndarray | None = None) -> LinearSVM:
        """Return it, fitted. rows: shape (n, k). target: 0 or 1, shape (n,). importance: of each row, by default 1."""
        cost = self.strength * (np.ones(len(target)) if importance is None else importance)
        # The L2 loss has no upper bound, but a diagonal term (table 1 of the paper).
        upper, diagonal = (cost, 0 * cost) if self.loss == "hinge" else (np.full(len(cost), np.inf), 0.5 / cost)
        signs = np.where(target == 1, 1.0, -1.0)
        spans = list(pairwise(rows.indptr))
        places = [rows.indices[start:end] for start, end in spans]
        values = [sign * rows.data[start:end] for sign, (start, end) in zip(signs, spans, strict=True)]
        norms = np.array([vector @ vector for vector in values]) + 1 + diagonal
        weights, intercept, alpha = np.zeros(rows.shape[1]), 0.0, np.zeros(len(target))
        random, active = np.random.default_rng(self.seed), np.arange(len(target))
        bound_high, bound_low = np.inf, -np.inf
        self.used = 0
        for _ in range(self.epochs):
            self.used += 1
            high, low, kept = -np.inf, np.inf, []
            for row in random.permutation(active):
                columns, value, old = places[row], values[row], alpha[row]
                gradient = value @ weights[columns] + signs[row] * intercept - 1 + diagonal[row] * old
                projected = gradient
                if old == 0:
                    if gradient > bound_high:
                        continue  # shrunk: it will stay at its bound
                    projected = min(gradient, 0.0)
                elif old == upper[row]:
                    if gradient < bound_low:
                        continue
                    projected = max(gradient, 0.0)
                kept.append(row)
                high, low = max(high, projected), min(low, projected)
                if abs(projected) > 1e-12:
                    alpha[row] = min(max(old - gradient / norms[row], 0.0), upper[row])
                    step = alpha[row] - old
                    weights[columns] += step * value
                    intercept += step * signs[row]
            if high - low <= self.tolerance:
                if len(active) == len(target):
                    break
                # What was shrunk is looked at once more.
                active, bound_high, bound_low = np.arange(len(target)), np.inf, -np.inf
                continue
            active = np.array(kept)
            bound_high, bound_low = (high if high > 0 else np.inf), (low if low < 0 else -np.inf)
        self.weights: np.ndarray = weights
        self.intercept = float(intercept)
        self.alpha = alpha
        return self

    def margin(self, rows: csr_array) -> np.ndarray:
        """Return the signed distance from the plane, times |w|, shape (n,): above 0 is the class 1."""
        return np.asarray(rows @ self.weights + self.intercept)
