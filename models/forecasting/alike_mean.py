"""The mean of the days of the week before that are of the same kind."""

from __future__ import annotations

import numpy as np

from models.forecasting.alike import alike
from models.forecasting.windows import LEVELS, Windows


class AlikeMean:
    """Working days for a working day, days off for a day off. The temperature does not matter to it."""

    requirements = ("numpy", "pandas")

    def __init__(self, seed: int = 0):
        self.seed = seed  # there is nothing random in it

    def fit(self, windows: Windows) -> AlikeMean:
        """Learn the quantiles of the errors, by half-hour of the day ahead. The median is the mean itself."""
        errors = np.quantile(windows.truth - alike(windows).mean, LEVELS, axis=0).T
        self.errors = errors - errors[:, [LEVELS.index(0.5)]]
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles, shape (n, 48, levels)."""
        return np.asarray(alike(windows).mean[..., None] + self.errors)
