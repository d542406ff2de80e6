"""ARIMA with regressors: demand from the calendar and the temperature, and an ARIMA process for what is left.

The seasons of a day are Fourier terms, for working days and days off apart ("dynamic harmonic regression").
Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (2018), sections 9.5 and 12.1.

Reference: statsmodels.tsa.statespace.sarimax.SARIMAX, means to 2e-3, deviations to 1 %.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from models.forecasting.windows import DAY, LEVELS, WEEK, Windows

COMFORT = 18.0  # degrees C: about where neither heating nor cooling is on
RECENT = 6 * WEEK  # half-hours that the process is fitted on; the regression sees all
STEPS = 30
ORDER, SEASONAL = (1, 0, 0), (1, 0, 0, DAY)


class Arima:
    """Least squares, then statsmodels' maximum likelihood on its errors."""

    requirements = ("numpy", "pandas", "scipy", "statsmodels", "threadpoolctl")

    def __init__(self, seed: int = 0, harmonics: int = 8, order: Any = ORDER, seasonal: Any = SEASONAL):
        self.harmonics, self.order, self.seasonal = harmonics, order, seasonal
        self.seed = seed  # there is nothing random in it

    def fit(self, windows: Windows) -> Arima:
        """Learn from the days of the windows, each once. Days between them that are left out count as missing.

        Without the day's temperature it learns from the day before, whose temperature is known, and then forecasts as
        if the temperature came again.
        """
        from threadpoolctl import threadpool_limits

        first = WEEK if windows.ahead is not None else WEEK - DAY
        rows = self._regressors(windows)[:, first : first + DAY]
        demand = np.hstack([windows.demand, windows.truth])[:, first : first + DAY]
        self.weights = np.linalg.lstsq(rows.reshape(-1, rows.shape[-1]), demand.ravel(), rcond=None)[0]
        errors = pd.Series((demand - rows @ self.weights).ravel(), index=_times(windows, first - WEEK).ravel())
        whole = errors[~errors.index.duplicated()].sort_index().asfreq("30min").to_numpy()
        model = process(whole[-RECENT:], self.order, self.seasonal)
        # Threads wait for each other longer than such small matrices take. The likelihood is flat near its top: more
        # steps than these change no forecast, so it does not matter that statsmodels warns.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = model.fit(disp=False, maxiter=STEPS)
        self.process = fitted.polynomial_reduced_ar, fitted.polynomial_reduced_ma, float(fitted.params[-1]) ** 0.5
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles of the Gaussian forecast, shape (n, 48, levels)."""
        from scipy.stats import norm

        level = self._regressors(windows) @ self.weights
        mean, deviation = ahead(windows.demand - level[:, :WEEK], *self.process)
        return np.asarray((mean + level[:, WEEK:])[..., None] + deviation[:, None] * norm.ppf(LEVELS))

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


def process(errors: np.ndarray, order: Any, seasonal: Any) -> Any:
    """Return statsmodels' model of errors, shape (time,). A NaN is one that is missing."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model = SARIMAX(errors, order=order, seasonal_order=seasonal)
    model.ssm.tolerance = 1e-9  # from where on the filter takes its gain for constant, and is ten times as fast
    return model


def ahead(
    errors: np.ndarray, autoregressive: np.ndarray, moving: np.ndarray, deviation: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean, shape (n, 48), and deviation, shape (48,), of what follows n pasts of a process, shape (n, time).

    Each step is a weighted sum of all before it, for all pasts at once: statsmodels filters one in 0.1 s. Source: Box
    and Jenkins, "Time Series Analysis" (1970): the pi weights, and for the deviation the psi weights.
    """
    from statsmodels.tsa.arima_process import arma2ar, arma2ma

    steps = errors.shape[1] + DAY
    weights = -arma2ar(autoregressive, moving, lags=steps)[1:]
    values = np.hstack([errors, np.zeros((len(errors), DAY))])
    for step in range(errors.shape[1], steps):
        values[:, step] = values[:, :step] @ weights[:step][::-1]
    spread = deviation * np.sqrt(np.cumsum(arma2ma(autoregressive, moving, lags=DAY) ** 2))
    return values[:, -DAY:], np.asarray(spread)


def _trailing(values: np.ndarray, steps: int) -> np.ndarray:
    """Return the mean of the last `steps` half-hours, or of as many as there are, of the same shape."""
    return np.asarray(pd.DataFrame(values.T).rolling(steps, min_periods=1).mean().to_numpy().T)


def _times(windows: Windows, first: int) -> np.ndarray:
    """Return the start of 48 half-hours of each window from `first` half-hours after its start, shape (n, 48)."""
    steps = np.arange(first, first + DAY) * np.timedelta64(30, "m")
    return np.asarray(windows.start.tz_convert(None).to_numpy()[:, None] + steps)
