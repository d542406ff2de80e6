"""How much of a segmentation is chance: fits of other samples of the same customers, compared.

An adjusted Rand index of 1 is the same partition, 0 is what two random ones have in common. A customer has a row per
snapshot, and rows of one customer are alike; so customers are drawn, and then one row of each.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.segmentation.methods import Clusters

FITS = 10


def refits(
    fit: Callable[..., Clusters], points: np.ndarray, customers: np.ndarray, seed: int, fits: int = FITS
) -> list[Clusters]:
    """Return the fits of bootstrap samples: as many customers as there are, drawn with replacement."""
    return [fit(points=points[sample(customers, seed + number)], seed=seed + number) for number in range(fits)]


def sample(customers: np.ndarray, seed: int) -> np.ndarray:
    """Return positions: customers drawn with replacement, and for each draw one of its rows. customers: shape (n,)."""
    random = np.random.default_rng(seed)
    order = np.argsort(customers, kind="stable")
    _, first, rows = np.unique(customers[order], return_index=True, return_counts=True)
    drawn = random.integers(len(first), size=len(first))
    positions: np.ndarray = order[first[drawn] + random.integers(rows[drawn])]
    return positions


def agreement(models: list[Clusters], points: np.ndarray) -> np.ndarray:
    """Return the adjusted Rand index of each pair of models on the same points."""
    from sklearn.metrics import adjusted_rand_score

    labels = [model.predict(points) for model in models]
    return np.array([adjusted_rand_score(one, other) for one, other in combinations(labels, 2)])
