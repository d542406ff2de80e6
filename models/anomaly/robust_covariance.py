"""Robust covariance: the distance of Mahalanobis, by the rows that lie closest together.

Source: Rousseeuw and Van Driessen, "A fast algorithm for the minimum covariance determinant estimator" (1999): a step
takes the h rows that are nearest by the present mean and covariance, and never raises the determinant (theorem 1).

Reference: sklearn.covariance.MinCovDet, its raw estimates: means within 0.02, covariances but for their scale within
0.2.
"""

from __future__ import annotations

import numpy as np


class RobustCovariance:
    """The minimum covariance determinant, corrected for consistency by the median of the distances."""

    def __init__(self, share: float | None = None, starts: int = 100, kept: int = 10, seed: int = 0):
        """share: of the rows that count; by default (n + d + 1) / 2n, which breaks last."""
        self.share, self.starts, self.kept, self.seed = share, starts, kept, seed

    def fit(self, x: np.ndarray) -> RobustCovariance:
        """Find the rows and their mean and covariance. x: shape (n, d)."""
        from scipy.stats import chi2

        count, columns = x.shape
        half = int(np.ceil(0.5 * (count + columns + 1))) if self.share is None else int(self.share * count)
        random, found = np.random.default_rng(self.seed), []
        for _ in range(self.starts):
            rows = random.choice(count, columns + 1, replace=False)
            for _ in range(2):
                rows = nearest(x, rows, half)
            found.append((determinant(x[rows]), rows))
        found.sort(key=lambda pair: pair[0])
        self.rows = min((converged(x, rows, half) for _, rows in found[: self.kept]), key=lambda r: determinant(x[r]))
        self.mean, raw = x[self.rows].mean(axis=0), covariance(x[self.rows])
        factor = np.median(distances(x, self.mean, raw)) / chi2.ppf(0.5, columns)
        self.covariance = factor * raw
        return self

    def score(self, x: np.ndarray) -> np.ndarray:
        """Return the squared distance of each row, shape (n,)."""
        return distances(x, self.mean, self.covariance)


def covariance(x: np.ndarray) -> np.ndarray:
    """Return the covariance, with n in the denominator, shape (d, d)."""
    apart = x - x.mean(axis=0)
    return np.asarray(apart.T @ apart / len(x))


def determinant(x: np.ndarray) -> float:
    """Return the logarithm of the determinant of the covariance: -inf where it has none."""
    sign, logarithm = np.linalg.slogdet(covariance(x))
    return float(logarithm) if sign > 0 else -np.inf


def distances(x: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return squared distances of Mahalanobis, shape (n,)."""
    apart = x - mean
    return np.asarray(np.einsum("ij,jk,ik->i", apart, np.linalg.pinv(spread, hermitian=True), apart, optimize=True))


def nearest(x: np.ndarray, rows: np.ndarray, half: int) -> np.ndarray:
    """Return the `half` rows nearest to the mean of some rows: one step of concentration."""
    apart = distances(x, x[rows].mean(axis=0), covariance(x[rows]))
    return np.argpartition(apart, half - 1)[:half]


def converged(x: np.ndarray, rows: np.ndarray, half: int, most: int = 50) -> np.ndarray:
    """Return the rows at which further steps change nothing."""
    for _ in range(most):
        after = nearest(x, rows, half)
        if set(after.tolist()) == set(rows.tolist()):
            break
        rows = after
    return rows
