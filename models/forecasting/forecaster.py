"""What every forecaster can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from models.forecasting.windows import Windows


class Forecaster(Protocol):
    """Forecasts the day of each window. It uses the day's temperature if the windows that it learned from had it."""

    @property
    def requirements(self) -> Sequence[str]:
        """The PyPI packages that it needs when it is loaded."""

    def fit(self, windows: Windows) -> Forecaster:
        """Learn from windows with a target."""

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles in ascending order, GW, shape (n, 48, levels)."""
