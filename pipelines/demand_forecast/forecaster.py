"""What every forecaster can do, and which there are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from capstan.errors import CapstanError

if TYPE_CHECKING:
    import numpy as np

    from pipelines.demand_forecast.windows import Windows


class Forecaster(Protocol):
    """Forecasts the day of each window. It uses the day's temperature if the windows that it learned from had it."""

    @property
    def requirements(self) -> Sequence[str]:
        """The PyPI packages that it needs when it is loaded."""

    def fit(self, windows: Windows) -> Forecaster:
        """Learn from windows with a target."""

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles in ascending order, GW, shape (n, 48, levels)."""


# By name: the module and the class. A module is imported when its forecaster is asked for; some of them import torch.
FORECASTERS = {
    "seasonal_naive": "SeasonalNaive",
    "arima": "Arima",
    "boosting": "Boosting",
    "temporal_convolution": "TemporalConvolution",
    "autoregressive": "Autoregressive",
    "combination": "Combination",
}


def make(name: str, seed: int = 0, **settings: Any) -> Forecaster:
    """Return a forecaster by name, not yet fitted. Raises CapstanError for a name that is unknown."""
    if name not in FORECASTERS:
        raise CapstanError(f"There is no forecaster {name!r}. There are: {', '.join(FORECASTERS)}.")
    module = import_module(f"pipelines.demand_forecast.{name}")
    made: Forecaster = getattr(module, FORECASTERS[name])(seed, **settings)
    return made
