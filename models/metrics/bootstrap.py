"""The bootstrap: how much would a statistic differ for other units of the same kind?

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13: percentile intervals.

Reference: scipy.stats.bootstrap with method="percentile", 0.05 of the width.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


def samples(units: int, repeats: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield the positions of as many units as there are, drawn with replacement, shape (units,), `repeats` times."""
    random = np.random.default_rng(seed)
    for _ in range(repeats):
        yield random.integers(units, size=units)


def interval(drawn: Sequence[Any] | np.ndarray, level: float = 0.95) -> np.ndarray:
    """Return the ends of the percentile interval of what samples gave, shape (2, ...). drawn: shape (repeats, ...)."""
    return np.asarray(np.quantile(np.asarray(drawn), [(1 - level) / 2, (1 + level) / 2], axis=0))
