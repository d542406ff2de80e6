"""Are there groups of customers, or does a division cut a continuum? The same measures on data without structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from models.clustering import gap, nulls
from pipelines.segmentation.studies.compare.clusters import silhouette

if TYPE_CHECKING:
    from collections.abc import Iterator

FITS = 5
SAMPLE = 1_500  # customers


def compare(points: np.ndarray, count: int, seed: int = 0) -> pd.DataFrame:
    """Return one row for the customers and for each kind of data without structure.

    Stability and silhouette are of k-means with `count` clusters. `clusters` is what the gap statistic finds in the
    customers next to such data: 1 says that there is nothing to find. points: of what is divided, shape (n, d).
    """
    random = np.random.default_rng(seed)
    points = points[random.permutation(len(points))[:SAMPLE]]
    lines = []
    with threadpool_limits(1):
        lines.append({"data": "customers", **_k_means(points, count)})
        for name, null in nulls.NULLS.items():
            lines.append({"data": name, **_k_means(null(points, random), count)})
            lines[-1]["clusters"] = gap.number(gap.gap(points, null, seed=seed))
    return pd.DataFrame(lines)


def _k_means(points: np.ndarray, count: int) -> dict[str, float]:
    """Return stability and silhouette of k-means."""
    from itertools import combinations

    from sklearn.metrics import adjusted_rand_score

    labels = list(_bootstrap(points, count))
    pairs = [adjusted_rand_score(first, second) for first, second in combinations(labels, 2)]
    return {"stability": float(np.mean(pairs)), "silhouette": silhouette(points, labels[0])}


def _bootstrap(points: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """Yield the clusters of the points by fits of bootstrap samples."""
    from sklearn.cluster import KMeans

    for seed in range(FITS):
        drawn = np.random.default_rng(seed).integers(len(points), size=len(points))
        yield KMeans(count, n_init=3, random_state=seed).fit(points[drawn]).predict(points)
