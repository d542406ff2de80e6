"""Columns as small whole numbers, for trees that try every border."""

from __future__ import annotations

import numpy as np

BINS = 16


class Bins:
    """The borders of each column: of its values where they are few, else of its quantiles."""

    def __init__(self, x: np.ndarray, bins: int = BINS):
        """x: what is learned from, shape (n, k)."""
        self.borders = []
        for column in x.T:
            values = np.unique(column)
            inner = values[:-1] if len(values) <= bins else np.unique(np.quantile(column, np.arange(1, bins) / bins))
            self.borders.append(inner)

    def codes(self, x: np.ndarray) -> np.ndarray:
        """Return the bin of each value, int64 of shape (n, k). A value that equals a border is below it."""
        return np.column_stack(
            [np.searchsorted(inner, column, side="left") for inner, column in zip(self.borders, x.T, strict=True)]
        )

    def sizes(self) -> list[int]:
        """Return how many bins each column has."""
        return [len(inner) + 1 for inner in self.borders]
