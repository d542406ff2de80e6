"""Ridge regression on many columns, sparse or dense, by the conjugate directions of LSQR.

Sources: Hoerl and Kennard, "Ridge Regression" (1970); Paige and Saunders, "LSQR" (1982), scipy's. The columns are
centred inside of the products, so that what is sparse stays sparse, and the intercept is not penalized.

Reference: sklearn.linear_model.Ridge, weights within 1e-6 of the largest.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator, lsqr


class Ridge:
    """Minimizes |y - intercept - X w|^2 + penalty |w|^2. Its parameter has the meaning of scikit-learn's `alpha`."""

    def __init__(self, penalty: float = 1.0, tolerance: float = 1e-5, steps: int = 300):
        """tolerance: of the residual and of the matrix, LSQR's `atol` and `btol`. steps: at most so many."""
        self.penalty, self.tolerance, self.steps = penalty, tolerance, steps

    def fit(self, rows: csr_array, target: np.ndarray) -> Ridge:
        """Return it, fitted. rows: shape (n, k). target: shape (n,)."""
        means = np.asarray(rows.mean(axis=0)).ravel()
        turned = rows.T.tocsr()
        centred = LinearOperator(
            rows.shape,
            matvec=lambda weights: rows @ weights.ravel() - means @ weights.ravel(),
            rmatvec=lambda values: turned @ values.ravel() - means * values.sum(),
            dtype=float,
        )
        middle = float(target.mean())
        self.weights: np.ndarray = lsqr(
            centred, target - middle, np.sqrt(self.penalty), self.tolerance, self.tolerance, iter_lim=self.steps
        )[0]
        self.intercept = middle - float(means @ self.weights)
        return self

    def predict(self, rows: csr_array) -> np.ndarray:
        """Return the values, shape (n,)."""
        return np.asarray(rows @ self.weights + self.intercept)
