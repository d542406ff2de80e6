"""Segments in words: how the typical customer of each compares with the typical one of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.segmentation.columns import INPUTS

if TYPE_CHECKING:
    import pandas as pd

# Input -> what a segment in the lowest third, the middle and the highest third of the customers is called.
LEVELS = {
    "recency": ("bought lately", "bought some months ago", "has not bought for long"),
    "frequency": ("seldom", "now and then", "often"),
    "money": ("little", "a middling sum", "much"),
}


def profiles(rows: pd.DataFrame, labels: np.ndarray) -> pd.DataFrame:
    """Return one row per segment, its median recency, frequency and money, share and share of money."""
    typical = rows.groupby(labels)[INPUTS].median()
    typical["share"] = rows.groupby(labels).size() / len(rows)
    typical["of_money"] = rows["money"].groupby(labels).sum() / rows["money"].sum()
    return typical


def describe(typical: pd.Series, rows: pd.DataFrame) -> str:
    """Return a sentence on a segment. typical: its medians. rows: all customers."""
    words = {
        name: LEVELS[name][int(np.searchsorted(np.quantile(rows[name], [1 / 3, 2 / 3]), typical[name], side="left"))]
        for name in INPUTS
    }
    times = "once" if typical["frequency"] == 1 else f"{typical['frequency']:.0f} times"
    return (
        f"{words['recency'].capitalize()} ({typical['recency']:.0f} days), {words['frequency']} ({times} a year), for "
        f"{words['money']} (£{typical['money']:,.0f})"
    )
