"""The baseline: the same half-hour a week ago, with the quantiles of how much that was off."""

from __future__ import annotations

import numpy as np

from models.forecasting.windows import DAY, LEVELS, Windows


class SeasonalNaive:
    """The weekly seasonal naive forecast. The temperature does not matter to it."""

    requirements = ("numpy", "pandas")

    def __init__(self, seed: int = 0):
        self.seed = seed  # there is nothing random in it

    def fit(self, windows: Windows) -> SeasonalNaive:
        """Learn the quantiles of the errors, by half-hour of the day ahead. The median is the week ago itself."""
        errors = np.quantile(windows.truth - windows.demand[:, :DAY], LEVELS, axis=0).T
        self.errors = errors - errors[:, [LEVELS.index(0.5)]]
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles, shape (n, 48, levels)."""
        return np.asarray(windows.demand[:, :DAY, None] + self.errors)
