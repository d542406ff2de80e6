"""How good a forecast is: errors of the median, pinball loss, coverage."""

import numpy as np

from pipelines.demand_forecast.windows import DAY, LEVELS, Windows

MIDDLE = LEVELS.index(0.5)


def mae(target: np.ndarray, quantiles: np.ndarray) -> float:
    """Return the mean absolute error of the median, in the unit of the target. quantiles: shape (n, steps, levels)."""
    return float(np.abs(target - quantiles[..., MIDDLE]).mean())


def pinball(target: np.ndarray, quantiles: np.ndarray) -> float:
    """Return the pinball loss, a mean over all levels. Source: Koenker and Bassett, "Regression Quantiles" (1978)."""
    levels, below = np.array(LEVELS), target[..., None] - quantiles
    return float(np.maximum(levels * below, (levels - 1) * below).mean())


def coverage(target: np.ndarray, quantiles: np.ndarray) -> float:
    """Return the share of values within the outermost quantiles."""
    return float(((target >= quantiles[..., 0]) & (target <= quantiles[..., -1])).mean())


def naive_error(windows: Windows) -> float:
    """Return the mean absolute error of the weekly seasonal naive forecast: the same half-hour a week ago."""
    return float(np.abs(windows.truth - windows.demand[:, :DAY]).mean())


def score(windows: Windows, quantiles: np.ndarray) -> dict[str, float]:
    """Return the measures of forecasts of the windows' days. `mase` is the error over the seasonal naive's."""
    error = mae(windows.truth, quantiles)
    return {
        "mae": error,
        "mase": error / naive_error(windows),
        "pinball": pinball(windows.truth, quantiles),
        "coverage": coverage(windows.truth, quantiles),
    }
