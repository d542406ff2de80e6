"""Quantiles that hold what they promise, on hot days and at the peak as well as on average.

The median stays. The other levels lie at a multiple of the error that is to be expected, by what is known of the
half-hour (`spread.py`): the multiple below which that share of the errors of unseen weeks lies. Source: Lei et al.,
"Distribution-Free Predictive Inference for Regression" (2018), section 5.2, level by level, over held-out weeks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from models.forecasting.measures import MIDDLE
from models.forecasting.spread import Spread
from models.forecasting.windows import FOLDS, LEVELS, Windows, weeks

if TYPE_CHECKING:
    from models.forecasting.forecaster import Forecaster


class Calibrated:
    """A forecaster, the error that is to be expected of it, and the multiple of each level."""

    def __init__(self, forecaster: Forecaster, spread: Spread, multiples: np.ndarray):
        self.forecaster, self.spread, self.multiples = forecaster, spread, multiples
        self.requirements = sorted({*forecaster.requirements, *spread.requirements})

    def predict(self, windows: Windows) -> np.ndarray:
        """Return calibrated quantiles in ascending order, shape (n, 48, levels)."""
        return calibrate(windows, self.forecaster.predict(windows), self.spread, self.multiples)


def fit(make: Callable[[], Forecaster], windows: Windows, folds: int = FOLDS) -> Calibrated:
    """Return a forecaster fitted on all windows, calibrated on what it says of weeks that it was not fitted on."""
    rows, forecast = unseen(make, windows, folds)
    return Calibrated(make().fit(windows), *learn(windows, rows, forecast))


def unseen(make: Callable[[], Forecaster], windows: Windows, folds: int = FOLDS) -> tuple[np.ndarray, np.ndarray]:
    """Return which windows were forecast by forecasters that have not seen them, and the forecasts.

    Shapes (m,) and (m, 48, levels). Every fourth week is a fold. folds: how many of the four are forecast; each costs
    a fit.
    """
    fold = weeks(windows) % FOLDS
    chosen = [np.flatnonzero(fold == number) for number in range(folds)]
    forecast = [make().fit(windows[fold != number]).predict(windows[rows]) for number, rows in enumerate(chosen)]
    return np.concatenate(chosen), np.concatenate(forecast)


def learn(windows: Windows, rows: np.ndarray, forecast: np.ndarray) -> tuple[Spread, np.ndarray]:
    """Return the error to be expected, and the multiple of it at each level, shape (levels,).

    rows, forecast: of `unseen`.
    """
    held_out = windows[rows]
    spread = Spread().fit(windows, held_out, forecast)
    scores = (held_out.truth - forecast[..., MIDDLE]) / spread.predict(held_out, forecast)
    multiples = np.quantile(scores, LEVELS)
    below = np.array(LEVELS) < LEVELS[MIDDLE]
    multiples[MIDDLE] = 0
    return spread, np.where(below, np.minimum(multiples, 0), np.maximum(multiples, 0))


def calibrate(windows: Windows, quantiles: np.ndarray, spread: Spread, multiples: np.ndarray) -> np.ndarray:
    """Return quantiles around the same median, shape (n, 48, levels)."""
    return np.asarray(quantiles[..., [MIDDLE]] + spread.predict(windows, quantiles)[..., None] * multiples)
