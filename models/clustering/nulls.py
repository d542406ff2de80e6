"""Data without structure: tables that look like the real one, in which there are no groups to find.

- permuted: each input goes to other rows. What one input says of another is gone, and so is what it says of them.
- Gaussian: one cloud, with the means and covariances of the logarithms.
- copula: one cloud of ranks, with the correlations of the real ranks, and each input has exactly its real values. It is
  the hardest of the three: skew, ties and correlations are the real ones, and only groups are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Null = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def permuted(points: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the same columns, each in an order of its own, shape (n, d)."""
    return np.column_stack([random.permutation(column) for column in points.T])


def gaussian(points: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return draws from one normal distribution with the same means and covariances, shape (n, d)."""
    return random.multivariate_normal(points.mean(axis=0), np.atleast_2d(np.cov(points.T)), size=len(points))


def copula(points: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return draws from a Gaussian copula with the same marginals, shape (n, d).

    Source: Nelsen, "An Introduction to Copulas" (2006), section 2.3. Many ties make its correlations a little weaker.
    """
    from scipy.stats import norm, rankdata

    ranks = np.column_stack([rankdata(column) for column in points.T])
    correlation = np.atleast_2d(np.corrcoef(norm.ppf(ranks / (len(points) + 1)).T))
    drawn = random.multivariate_normal(np.zeros(points.shape[1]), correlation, size=len(points))
    places = drawn.argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(np.sort(points, axis=0), places, axis=0)


NULLS: dict[str, Null] = {"permuted columns": permuted, "one Gaussian": gaussian, "copula": copula}
