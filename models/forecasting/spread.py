"""How wrong a forecast will be, by what is known: a hot day or a change of weather is harder than a mild night."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.forecasting import responses, weather
from models.forecasting.alike import alike
from models.forecasting.measures import MIDDLE
from models.forecasting.windows import DAY, WEEK, Windows

PENALTY = 0.1
LEAST = 0.005  # GW: no forecast is better than that
TURNS = np.arange(1, 4)  # of the day


class Spread:
    """A gamma regression of the absolute error, in GW.

    Source: McCullagh and Nelder, "Generalized Linear Models" (1989), chapter 8.
    """

    requirements = ("numpy", "pandas", "scikit-learn")

    def fit(self, windows: Windows, forecast: Windows, quantiles: np.ndarray) -> Spread:
        """Learn from days that were forecast, with their demand, and from windows that the weather is learned from.

        quantiles: of `forecast`, by forecasters that have not seen it.
        """
        from sklearn.linear_model import GammaRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.weather = weather.Weather().fit(windows) if windows.ahead is None else None
        rows, error = self._inputs(forecast, quantiles), np.abs(forecast.truth - quantiles[..., MIDDLE])
        self.model: Any = make_pipeline(StandardScaler(), GammaRegressor(alpha=PENALTY, max_iter=300))
        self.range = rows.min(axis=(0, 1)), rows.max(axis=(0, 1))  # beyond it, an exponential would lead anywhere
        self.model.fit(rows.reshape(-1, rows.shape[-1]), error.ravel() + LEAST)
        return self

    def predict(self, windows: Windows, quantiles: np.ndarray) -> np.ndarray:
        """Return the absolute error to expect of each half-hour, GW, shape (n, 48)."""
        rows = np.clip(self._inputs(windows, quantiles), *self.range)
        return np.asarray(self.model.predict(rows.reshape(-1, rows.shape[-1])).reshape(rows.shape[:2]))

    def _inputs(self, windows: Windows, quantiles: np.ndarray) -> np.ndarray:
        """Return what is known of each half-hour, shape (n, 48, k)."""
        ahead = (self.weather.fill(windows) if self.weather else windows).ahead
        assert ahead is not None
        slow = responses.trailing(np.hstack([windows.temperature, ahead]), 24)[:, WEEK:]
        middle, works = quantiles[..., MIDDLE], windows.working
        turns = 2 * np.pi * TURNS[:, None, None] * np.arange(DAY) / DAY
        columns = [
            np.log(quantiles[..., -1] - quantiles[..., 0] + LEAST),
            np.log(np.maximum(middle, LEAST)),  # a line may lead below zero, far from what it has learned
            np.abs(middle - alike(windows).mean),
            np.maximum(slow - responses.COMFORT, 0),
            np.maximum(ahead - 24, 0),
            np.maximum(ahead.max(axis=1, keepdims=True) - 26, 0),
            np.maximum(8 - ahead, 0),
            np.abs(slow - windows.temperature.mean(axis=1, keepdims=True)),
            ~works[:, WEEK:],
            works[:, [WEEK - 1]] ^ works[:, [WEEK]],
            *np.sin(turns),
            *np.cos(turns),
        ]
        return np.stack([np.broadcast_to(np.asarray(values, float), middle.shape) for values in columns], axis=-1)
