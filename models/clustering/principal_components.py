"""Principal component analysis from scratch: the directions in which points differ most.

Reference: sklearn.decomposition.PCA, directions and projections within 1e-9 but for the sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True)
class PrincipalComponents:
    """An orthogonal basis, ordered by variance.

    mean: shape (d,). directions: one per row, shape (k, d). share: of the variance, shape (k,).
    """

    mean: np.ndarray
    directions: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray, count: int = 2) -> Self:
        """Return the first components of points, shape (n, d), by the singular values of the centred matrix.

        The squared singular values are the eigenvalues of the covariance matrix, times n - 1. The covariance itself is
        never formed: squaring would lose half of the digits.
        """
        mean = points.mean(axis=0)
        _, scales, directions = np.linalg.svd(points - mean, full_matrices=False)
        # A direction and its opposite are the same component: the largest weight is made positive.
        largest = np.abs(directions).argmax(axis=1)
        directions *= np.sign(directions[np.arange(len(directions)), largest])[:, None]
        return cls(mean, directions[:count], (scales**2 / (scales**2).sum())[:count])

    def project(self, points: np.ndarray) -> np.ndarray:
        """Return the coordinates of points, shape (n, k)."""
        places: np.ndarray = (points - self.mean) @ self.directions.T
        return places
