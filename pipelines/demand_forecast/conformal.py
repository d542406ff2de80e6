"""Quantiles that hold what they promise: stretched until the weeks that a model has not seen are covered.

The median stays. The distance of each other level to it is multiplied by one factor. A level below the median gets the
factor at which that share of unseen values lies below it; so does one above. This is split conformal prediction with
normalized scores, level by level, over held-out weeks. Source: Romano, Patterson and Candes, "Conformalized Quantile
Regression" (2019), with the distance to the median in place of the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pipelines.demand_forecast.data import ZONE
from pipelines.demand_forecast.measures import MIDDLE
from pipelines.demand_forecast.windows import LEVELS, Windows

if TYPE_CHECKING:
    from pipelines.demand_forecast.forecaster import Forecaster

FOLDS = 4
NARROW = 1e-6  # GW; a quantile this close to the median has no distance to stretch


class Calibrated:
    """A forecaster with the factors of its levels."""

    def __init__(self, forecaster: Forecaster, factors: np.ndarray):
        self.forecaster, self.factors = forecaster, factors
        self.requirements = forecaster.requirements

    def predict(self, windows: Windows) -> np.ndarray:
        """Return calibrated quantiles in ascending order, shape (n, 48, levels)."""
        return stretch(self.forecaster.predict(windows), self.factors)


def fit(make: Callable[[], Forecaster], windows: Windows, folds: int = FOLDS) -> Calibrated:
    """Return a forecaster fitted on all windows, calibrated on what it says of weeks that it was not fitted on."""
    return Calibrated(make().fit(windows), factors(*unseen(make, windows, folds)))


def unseen(make: Callable[[], Forecaster], windows: Windows, folds: int = FOLDS) -> tuple[np.ndarray, np.ndarray]:
    """Return true and forecast days, shapes (n, 48) and (n, 48, levels), of forecasters that have not seen them.

    Every fourth week is a fold. folds: how many of the four are forecast; each costs a fit.
    """
    fold = weeks(windows) % FOLDS
    chosen = [fold == number for number in range(folds)]
    forecast = [make().fit(windows[~rows]).predict(windows[rows]) for rows in chosen]
    return np.concatenate([windows[rows].truth for rows in chosen]), np.concatenate(forecast)


def weeks(windows: Windows) -> np.ndarray:
    """Return the number of the week, from Monday on the market's clock, that each window's day starts in."""
    days = windows.start.tz_convert(ZONE).tz_localize(None).to_numpy().astype("datetime64[D]").astype(int)
    return np.asarray((days + 3) // 7)  # 1970-01-01 was a Thursday


def factors(target: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return by how much the distance of each level to the median is to be multiplied, shape (levels,)."""
    multipliers = np.ones(len(LEVELS))
    for place, level in enumerate(LEVELS):
        if place == MIDDLE:
            continue
        distance = quantiles[..., place] - quantiles[..., MIDDLE]
        wide = np.abs(distance) > NARROW
        ratio = (target - quantiles[..., MIDDLE])[wide] / distance[wide]
        multipliers[place] = max(np.quantile(ratio, max(level, 1 - level)), 0)
    return multipliers


def stretch(quantiles: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return the quantiles with their distances to the median multiplied."""
    middle = quantiles[..., [MIDDLE]]
    return np.sort(middle + (quantiles - middle) * factors, axis=-1)
