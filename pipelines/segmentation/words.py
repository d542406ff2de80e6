"""Segments in words: how the typical customer of each compares with the typical one of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.segmentation.columns import DAY

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns
    from pipelines.segmentation.divisions import Rule

# Input -> what a segment in the lowest third, the middle and the highest third of the customers is called.
LEVELS = {
    "recency": ("bought lately", "bought some months ago", "has not bought for long"),
    "frequency": ("seldom", "now and then", "often"),
    "money": ("little", "a middling sum", "much"),
    "order_value": ("small orders", "middling orders", "large orders"),
}


# Input -> what a rule calls it, and its unit. Limits between whole numbers are halves: they are rounded down.
TITLES = {
    "recency": ("days since the last purchase", ""),
    "frequency": ("orders", ""),
    "money": ("money", "£"),
    "tenure": ("days since the first purchase", ""),
    "months": ("months with an order", ""),
    "articles": ("different articles", ""),
    "season": ("orders in this quarter a year ago", ""),
    "lately": ("orders in the last quarter", ""),
    "order_value": ("average order", "£"),
}


def profiles(rows: pd.DataFrame, labels: np.ndarray) -> pd.DataFrame:
    """Return one row per segment: medians of what is put in words, its share of the customers and of the money."""
    typical = rows.groupby(labels)[[*LEVELS]].median()
    typical["share"] = rows.groupby(labels).size() / len(rows)
    typical["of_money"] = rows["money"].groupby(labels).sum() / rows["money"].sum()
    return typical


def describe(typical: pd.Series, rows: pd.DataFrame) -> str:
    """Return a sentence on a segment. typical: its medians. rows: all customers."""
    words = {
        name: LEVELS[name][int(np.searchsorted(np.quantile(rows[name], [1 / 3, 2 / 3]), typical[name], side="left"))]
        for name in LEVELS
    }
    often = times(typical["frequency"])
    return (
        f"{words['recency'].capitalize()} ({typical['recency']:.0f} days), {words['frequency']} ({often} a year), for "
        f"{words['money']} (£{typical['money']:,.0f}), in {words['order_value']} (£{typical['order_value']:,.0f})"
    )


def rule(bounds: Rule) -> str:
    """Return in words which customers belong to a segment."""
    parts = []
    for name, (low, high) in bounds.items():
        title, unit = TITLES[name]
        ends = [
            f"{word} {unit}{np.floor(end):,.0f}" for word, end in (("over", low), ("up to", high)) if np.isfinite(end)
        ]
        parts.append(f"{title} {' and '.join(ends)}")
    return "; ".join(parts) or "everybody"


def customers(columns: Columns) -> list[str]:
    """Return a sentence on each customer: what the year before the day held."""
    rows = zip(*(columns[name] for name in (DAY, *LEVELS)), strict=True)
    return [
        f"As of {day}: bought {recency:.0f} days ago, {times(frequency)} in the year before, for £{money:,.0f}, "
        f"in orders of £{value:,.0f}"
        for day, recency, frequency, money, value in rows
    ]


def times(frequency: float) -> str:
    """Return how often, in words."""
    return "once" if frequency == 1 else f"{frequency:.0f} times"
