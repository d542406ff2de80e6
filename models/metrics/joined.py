"""Metrics of parts with different units, such as texts and sentences, as rows of one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def joined(parts: Sequence[dict[str, np.ndarray]]) -> pd.DataFrame:
    """Return a table with the rows of all parts. In the rows of other parts, a metric has its mean.

    A part has n of the N rows. Those that repeat the mean would make the interval of a metric too narrow. So its own
    values are moved away from the mean by the factor N / n: then the mean over N rows has the standard error that the
    mean over its n rows has.
    """
    sizes = [len(next(iter(part.values()))) for part in parts]
    total = sum(sizes)
    columns: dict[str, np.ndarray] = {}
    for part, start, size in zip(parts, np.cumsum([0, *sizes]).tolist(), sizes, strict=False):
        for name, column in part.items():
            columns[name] = np.full(total, column.mean())
            columns[name][start : start + size] += (column - column.mean()) * total / size
    return pd.DataFrame(columns)
