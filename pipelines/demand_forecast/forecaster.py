"""What every forecaster can do, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

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


def make(name: str, seed: int = 0) -> Forecaster:
    """Return a forecaster by name, not yet fitted. Raises CapstanError for a name that is unknown."""
    from pipelines.demand_forecast.boosting import Boosting
    from pipelines.demand_forecast.seasonal_naive import SeasonalNaive

    kinds: dict[str, Callable[[int], Forecaster]] = {"seasonal_naive": SeasonalNaive, "boosting": Boosting}
    if name not in kinds:
        raise CapstanError(f"There is no forecaster {name!r}. There are: {', '.join(kinds)}.")
    return kinds[name](seed)
