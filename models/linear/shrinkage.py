"""Estimates that are shrunk towards one multiple of a size, empirical Bayes: multiple and variance by moments.

Sources: DerSimonian and Laird, "Meta-analysis in clinical trials" (1986); Efron and Morris, "Data analysis using
Stein's estimator" (1975).
"""

from __future__ import annotations

import numpy as np


def shrunk(values: np.ndarray, doubts: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the posterior means of estimates, and their variances, shape (n,).

    doubts: the variance of each estimate. The truths are thought to be normal around one multiple of `size`.
    """

    def multiple(weight: np.ndarray) -> float:
        return float((weight * size * values).sum() / (weight * size**2).sum())

    weight = 1 / doubts
    excess = (weight * (values - multiple(weight) * size) ** 2).sum() - (len(values) - 1)
    between = max(excess / (weight.sum() - (weight**2 * size**2).sum() / (weight * size**2).sum()), 0.0)
    middle = multiple(1 / (between + doubts)) * size
    kept = between / (between + doubts)
    return np.asarray(middle + kept * (values - middle)), np.asarray(kept * doubts)
