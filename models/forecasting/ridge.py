"""Forty-eight ridge regressions, one per half-hour of the day ahead, with lines or with curves.

They are written with a kernel: a linear one is ridge regression, a Gaussian one added to it bends the lines. Errors
count by their size, not by their square, and old days count less. Sources: Saunders, Gammerman and Vovk, "Ridge
Regression Learning Algorithm in Dual Variables" (1998); Huber, "Robust Statistics" (1981), for the repeated weights.

Reference: sklearn.kernel_ridge.KernelRidge, with equal weights, 1e-6.
"""

from __future__ import annotations

import numpy as np

from models.forecasting import responses, weather
from models.forecasting.windows import LEVELS, Windows

MIDDLE = LEVELS.index(0.5)
REPEATS = 4


class Ridge:
    """Ridge regression on how a day differs from those alike.

    noise: the penalty; how much of the change is not explained, as a share. curved: the share of the Gaussian kernel; 0
    leaves lines. width: of it, 1 is the typical distance of two days. half_life: days after which a day counts half.
    small: GW; a larger error counts by its size, a smaller one by its square.
    """

    requirements = ("numpy", "pandas")

    def __init__(
        self,
        seed: int = 0,
        noise: float = 0.3,
        curved: float = 0.0,
        width: float = 2.7,
        half_life: float = 180.0,
        small: float = 0.1,
    ):
        self.noise, self.curved, self.width, self.half_life, self.small = noise, curved, width, half_life, small
        self.seed = seed  # there is nothing random in it

    def fit(self, windows: Windows) -> Ridge:
        """Learn from windows; where they lack the day's temperature, from the one that was to be expected."""
        self.weather = weather.Weather().fit(windows) if windows.ahead is None else None
        inputs, base = responses.inputs(weather.unseen(windows) if windows.ahead is None else windows)
        change = windows.truth - base
        age = (windows.start[-1] - windows.start).days.to_numpy()
        self.center, self.spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
        self.rows = ((inputs - self.center) / self.spread).swapaxes(0, 1)
        self.range = self.rows.min(axis=1, keepdims=True), self.rows.max(axis=1, keepdims=True)
        slots = [
            self._line(rows, change[:, slot], 0.5 ** (age / self.half_life)) for slot, rows in enumerate(self.rows)
        ]
        self.usual, self.weights, self.errors = (np.array(part) for part in zip(*slots, strict=True))
        return self

    def _line(self, rows: np.ndarray, change: np.ndarray, recent: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the mean, the weight of each day and the quantiles of the errors of a half-hour."""
        kernel, counts = self._kernel(rows, rows), recent
        for _ in range(REPEATS):
            counts = counts / counts.mean()
            usual = float(np.average(change, weights=counts))
            inverse = np.linalg.inv(kernel + self.noise * np.diag(1 / counts))
            weights = inverse @ (change - usual)
            error = np.abs(self.noise * weights / counts)
            counts = recent / np.maximum(error, self.small)
        left_out = np.quantile(weights / np.diag(inverse), LEVELS)  # each day's error, forecast by the others
        return usual, weights, left_out - left_out[MIDDLE]

    def _kernel(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return how alike two groups of days are, shape (n, m). some, others: shapes (n, k), (m, k)."""
        size, product = some.shape[1], some @ others.T
        if not self.curved:
            return np.asarray(product / size)
        apart = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * product
        curve = np.exp(-apart / (2 * size * self.width**2))
        return np.asarray(self.curved * curve + (1 - self.curved) * product / size)

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the median, and quantiles by the errors on days that were left out, shape (n, 48, levels)."""
        inputs, base = responses.inputs(self.weather.fill(windows) if self.weather else windows)
        # A line that has learned from summer alone would lead a winter's day anywhere.
        rows = np.clip(((inputs - self.center) / self.spread).swapaxes(0, 1), *self.range)
        forecasts = [
            usual + self._kernel(new, old) @ weights
            for new, old, usual, weights in zip(rows, self.rows, self.usual, self.weights, strict=True)
        ]
        return np.asarray((base + np.stack(forecasts, axis=1))[..., None] + self.errors)
