"""What is known of customers is skewed by orders of magnitude: their logarithms, in standard deviations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.segmentation.columns import INPUTS

if TYPE_CHECKING:
    from capstan.contract.model import Columns


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation of each logarithm, shape (9,)."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, columns: Columns) -> Scaling:
        """Return the scaling under which these customers have mean 0 and deviation 1."""
        values = logarithms(columns)
        return cls(values.mean(axis=0), values.std(axis=0))

    def points(self, columns: Columns) -> np.ndarray:
        """Return the customers as points, shape (n, 9)."""
        points: np.ndarray = (logarithms(columns) - self.mean) / self.deviation
        return points


def logarithms(columns: Columns) -> np.ndarray:
    """Return log(1 + value) of each input, shape (n, 9)."""
    values: np.ndarray = np.log1p(np.column_stack([np.asarray(columns[name], dtype=float) for name in INPUTS]))
    return values
