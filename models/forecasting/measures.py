"""How good a forecast is: its measures, and the error of the seasonal naive forecast."""

import numpy as np

from models.forecasting.windows import DAY, LEVELS, Windows
from models.metrics import regression

MIDDLE = LEVELS.index(0.5)


def naive_error(windows: Windows) -> float:
    """Return the mean absolute error of the weekly seasonal naive forecast: the same half-hour a week ago."""
    return float(np.abs(windows.truth - windows.demand[:, :DAY]).mean())


def mase(windows: Windows, middle: np.ndarray) -> float:
    """Return the mean absolute error of a forecast over the seasonal naive's. middle: shape (n, 48)."""
    return float(np.abs(windows.truth - middle).mean()) / naive_error(windows)


def score(windows: Windows, quantiles: np.ndarray) -> dict[str, float]:
    """Return the measures of forecasts of the windows' days. `mase` is the error over the seasonal naive's."""
    error = regression.mae(windows.truth, quantiles, LEVELS)
    return {
        "mae": error,
        "mase": error / naive_error(windows),
        "pinball": regression.pinball(windows.truth, quantiles, LEVELS),
        "coverage": regression.coverage(windows.truth, quantiles),
    }


def hottest(windows: Windows, days: int = 10) -> np.ndarray:
    """Return the places of the days with the highest measured temperature. windows: with the day's temperature."""
    assert windows.ahead is not None
    return np.argsort(windows.ahead.max(axis=1))[-days:]


def where(windows: Windows, quantiles: np.ndarray, hot: np.ndarray) -> dict[str, float]:
    """Return the coverage on some hot days, at each day's highest half-hour, and at the one that was forecast."""
    inside = (windows.truth >= quantiles[..., 0]) & (windows.truth <= quantiles[..., -1])
    peak, forecast = windows.truth.argmax(axis=1), quantiles[..., MIDDLE].argmax(axis=1)
    every = np.arange(len(windows))
    return {
        "coverage_hottest": float(inside[hot].mean()),
        "coverage_peak": float(inside[every, peak].mean()),
        "coverage_forecast_peak": float(inside[every, forecast].mean()),
    }
