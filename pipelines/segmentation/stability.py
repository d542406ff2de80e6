"""How much of a segmentation is by chance: fits of other samples of the same customers, compared.

An adjusted Rand index of 1 is the same partition, 0 is what two random ones have in common. A customer has a row per
snapshot, and rows of one customer are alike; so customers are drawn, each with all of its rows.

This says whether an answer depends on who was in the data. It says nothing of whether there are groups: a cloud without
any is divided just as steadily.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pipelines.segmentation.columns import CUSTOMER
from pipelines.segmentation.divisions import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from pipelines.segmentation.divisions import Division

FITS = 10


def refits(rows: pd.DataFrame, count: int) -> list[Tree]:
    """Return the trees of bootstrap samples: as many customers as there are, drawn with replacement."""
    customers = rows[CUSTOMER].to_numpy()
    return [Tree.of(rows.iloc[sample(customers, seed)], count) for seed in range(FITS)]


def sample(customers: np.ndarray, seed: int) -> np.ndarray:
    """Return positions of rows: as many customers as there are, drawn with replacement. customers: shape (n,)."""
    codes = np.unique(customers, return_inverse=True)[1]
    drawn = np.random.default_rng(seed).integers(codes.max() + 1, size=codes.max() + 1)
    return np.repeat(np.arange(len(customers)), np.bincount(drawn, minlength=codes.max() + 1)[codes])


def agreement(models: Sequence[Division], rows: pd.DataFrame) -> np.ndarray:
    """Return the adjusted Rand index of each pair of models on the same customers."""
    from sklearn.metrics import adjusted_rand_score

    labels = [model.predict(rows) for model in models]
    return np.array([adjusted_rand_score(first, second) for first, second in combinations(labels, 2)])
