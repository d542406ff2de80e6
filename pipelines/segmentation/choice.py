"""Which method, and how many segments: of those that are stable, with no segment too small, the most distinct.

Silhouettes that are close differ by chance: of those, the most stable candidate is chosen.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from pipelines.segmentation import stability
from pipelines.segmentation.methods import COUNTS, METHODS

if TYPE_CHECKING:
    from collections.abc import Sequence

STABLE = 0.8  # the adjusted Rand index, mean over the pairs
SMALLEST = 0.03  # of the customers
CLOSE = 0.02  # two silhouettes that differ by less
SAMPLE = 2_000  # customers that the silhouette is of: it compares each with each


def candidates(
    points: np.ndarray,
    customers: np.ndarray,
    seed: int,
    names: Sequence[str] = tuple(METHODS),
    fits: int = stability.FITS,
) -> pd.DataFrame:
    """Return one row per method and number: stability, silhouette, segments, smallest share, and whether it may win.

    points: shape (n, d). customers: shape (n,), who each row is of.
    """
    reference = points[stability.sample(customers, seed + 1_000)]
    rows = []
    for name in names:
        for count in COUNTS:
            models = stability.refits(partial(METHODS[name], count=count), points, customers, seed, fits)
            labels = models[0].predict(reference)
            rows.append({"method": name, "count": count, **measures(reference, labels)})
            rows[-1]["stability"] = float(stability.agreement(models, reference).mean())
    table = pd.DataFrame(rows)
    table["eligible"] = (
        (table["stability"] >= STABLE)
        & (table["smallest"] >= SMALLEST)
        & table["segments"].between(min(COUNTS), max(COUNTS))
    )
    return table


def measures(points: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return silhouette, number of segments and the smallest one's share of the points."""
    from sklearn.metrics import silhouette_score

    sizes = np.unique(labels, return_counts=True)[1]
    few = np.random.default_rng(0).permutation(len(points))[:SAMPLE]
    several = len(np.unique(labels[few])) > 1
    silhouette = float(silhouette_score(points[few], labels[few])) if several else 0.0
    return {"silhouette": silhouette, "segments": len(sizes), "smallest": float(sizes.min() / len(labels))}


def best(table: pd.DataFrame) -> tuple[str, int]:
    """Return method and number of the winner. Raises CapstanError when no candidate may win."""
    eligible = table[table["eligible"]]
    if eligible.empty:
        raise CapstanError(
            f"No segmentation of {min(COUNTS)} to {max(COUNTS)} segments is stable ({STABLE} or more; the best has "
            f"{table['stability'].max():.2f}) with at least {SMALLEST:.0%} of the customers in each. See that the "
            "customers are enough, and the right ones."
        )
    distinct = eligible[eligible["silhouette"] >= eligible["silhouette"].max() - CLOSE]
    winner = distinct.loc[distinct["stability"].idxmax()]
    return str(winner["method"]), int(winner["count"])
