"""ARIMA with regressors: demand from the calendar and the temperature, and an ARIMA process for what is left.

The seasons of a day are Fourier terms, for working days and days off apart ("dynamic harmonic regression").
Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (2018), sections 9.5 and 12.1.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from pipelines.demand_forecast.windows import DAY, LEVELS, WEEK, Windows

COMFORT = 18.0  # degrees C: about where neither heating nor cooling is on
RECENT = 6 * WEEK  # half-hours that the process is fitted on; the regression sees all
STEPS = 30
ORDER, SEASONAL = (2, 0, 1), (1, 0, 0, DAY)


class Arima:
    """Least squares, then statsmodels' maximum likelihood on its errors."""

    requirements = ("numpy", "pandas", "scipy", "statsmodels")

    def __init__(self, seed: int = 0, harmonics: int = 8, order: Any = ORDER, seasonal: Any = SEASONAL):
        self.harmonics, self.order, self.seasonal = harmonics, order, seasonal
        self.seed = seed  # there is nothing random in it

    def fit(self, windows: Windows) -> Arima:
        """Learn from the days of the windows, each once. Days between them that are left out count as missing.

        Without the day's temperature it learns from the day before, whose temperature is known, and then forecasts as
        if the temperature came again.
        """
        first = WEEK if windows.ahead is not None else WEEK - DAY
        rows = self._regressors(windows)[:, first : first + DAY]
        demand = np.hstack([windows.demand, windows.truth])[:, first : first + DAY]
        self.weights = np.linalg.lstsq(rows.reshape(-1, rows.shape[-1]), demand.ravel(), rcond=None)[0]
        errors = pd.Series((demand - rows @ self.weights).ravel(), index=_times(windows, first - WEEK).ravel())
        whole = errors[~errors.index.duplicated()].sort_index().asfreq("30min").to_numpy()
        with warnings.catch_warnings():  # the likelihood is flat near its top: more steps change no forecast
            warnings.simplefilter("ignore")
            self.process = self._process(whole[-RECENT:]).fit(disp=False, maxiter=STEPS).params
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles of the Gaussian forecast, shape (n, 48, levels)."""
        from scipy.stats import norm

        level = self._regressors(windows) @ self.weights
        errors = windows.demand - level[:, :WEEK]
        made = [self._process(each).filter(self.process).get_forecast(DAY) for each in errors]
        mean = np.stack([each.predicted_mean for each in made]) + level[:, WEEK:]
        deviation = np.stack([each.se_mean for each in made])
        return np.asarray(mean[..., None] + deviation[..., None] * norm.ppf(LEVELS))

    def _process(self, errors: np.ndarray) -> Any:
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        return SARIMAX(errors, order=self.order, seasonal_order=self.seasonal)

    def _regressors(self, windows: Windows) -> np.ndarray:
        """Return a row per half-hour of the week and the day, shape (n, 384, k)."""
        slot, _ = windows.clock()
        turns = 2 * np.pi * np.arange(1, self.harmonics + 1) * slot[..., None] / DAY
        shape = np.concatenate([np.ones((*slot.shape, 1)), np.sin(turns), np.cos(turns)], axis=-1)
        ahead = windows.temperature[:, -DAY:] if windows.ahead is None else windows.ahead
        warm = np.hstack([windows.temperature, ahead]) - COMFORT
        slow = _trailing(warm, DAY)
        degrees = np.stack(
            [
                np.maximum(warm, 0),
                np.maximum(-warm, 0),
                np.maximum(warm, 0) ** 2,
                np.maximum(slow, 0),
                np.maximum(-slow, 0),
            ],
            axis=-1,
        )
        coarse = shape[..., [0, 1, 2, 1 + self.harmonics, 2 + self.harmonics]]  # heating depends on the time of day
        together = (degrees[..., None, :] * coarse[..., None]).reshape(*slot.shape, -1)
        return np.concatenate([shape, shape * windows.working[..., None], together], axis=-1)


def _trailing(values: np.ndarray, steps: int) -> np.ndarray:
    """Return the mean of the last `steps` half-hours, or of as many as there are, of the same shape."""
    return np.asarray(pd.DataFrame(values.T).rolling(steps, min_periods=1).mean().to_numpy().T)


def _times(windows: Windows, first: int) -> np.ndarray:
    """Return the start of 48 half-hours of each window from `first` half-hours after its start, shape (n, 48)."""
    steps = np.arange(first, first + DAY) * np.timedelta64(30, "m")
    return np.asarray(windows.start.tz_convert(None).to_numpy()[:, None] + steps)
