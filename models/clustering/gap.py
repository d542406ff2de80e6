"""The gap statistic: how many clusters are there, next to data of which it is known that there are none?

Source: Tibshirani, Walther and Hastie, "Estimating the number of clusters in a data set via the gap statistic" (2001).
There, the data without clusters are uniform in a box. Here the caller draws them: skewed and correlated customers
differ from a box in much more than clusters.

Reference: equation 2 over all pairs of points for the spread, 1e-6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = range(1, 7)
DRAWS = 8  # of data without clusters


def gap(
    points: np.ndarray,
    null: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    counts: range = COUNTS,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return one row per count: the gap of the logarithms of the sums of squares, and its error s (equation 6).

    points: shape (n, d). null: points without clusters, made from these.
    """
    random = np.random.default_rng(seed)
    own = spread(points, counts)
    others = np.array([spread(null(points, random), counts) for _ in range(draws)])
    error = others.std(axis=0) * np.sqrt(1 + 1 / draws)
    return pd.DataFrame({"clusters": [*counts], "gap": others.mean(axis=0) - own, "error": error})


def spread(points: np.ndarray, counts: range) -> np.ndarray:
    """Return the logarithm of the sum of squares within k-means clusters, for each count."""
    from sklearn.cluster import KMeans

    return np.log([KMeans(count, n_init=2, random_state=0).fit(points).inertia_ for count in counts])


def number(table: pd.DataFrame) -> int:
    """Return the smallest count whose gap is at least the next one's less its error; the largest where none is."""
    gaps, errors = table["gap"].to_numpy(), table["error"].to_numpy()
    enough = np.flatnonzero(gaps[:-1] >= gaps[1:] - errors[1:])
    return int(table["clusters"].iloc[enough[0] if len(enough) else -1])
