"""How good a forecast is: its measures, and the error of the seasonal naive forecast."""

import numpy as np

from models import regression
from pipelines.demand_forecast.windows import DAY, LEVELS, Windows

MIDDLE = LEVELS.index(0.5)


def naive_error(windows: Windows) -> float:
    """Return the mean absolute error of the weekly seasonal naive forecast: the same half-hour a week ago."""
    return float(np.abs(windows.truth - windows.demand[:, :DAY]).mean())


def score(windows: Windows, quantiles: np.ndarray) -> dict[str, float]:
    """Return the measures of forecasts of the windows' days. `mase` is the error over the seasonal naive's."""
    error = regression.mae(windows.truth, quantiles, LEVELS)
    return {
        "mae": error,
        "mase": error / naive_error(windows),
        "pinball": regression.pinball(windows.truth, quantiles, LEVELS),
        "coverage": regression.coverage(windows.truth, quantiles),
    }
