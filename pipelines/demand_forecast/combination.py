"""The mean of several forecasters, level by level, which is better than each of them.

Source: Lichtendahl, Grushka-Cockayne and Winkler, "Is It Better to Average Probabilities or Quantiles?" (2013).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.demand_forecast.forecaster import Forecaster
from pipelines.demand_forecast.windows import Windows

MEMBERS = ("ridge", "arima", "boosting")  # those that `tune.py` chose


class Combination:
    """The members, each fitted by itself."""

    def __init__(self, members: Sequence[Forecaster]):
        self.members = list(members)
        self.requirements = sorted({package for member in members for package in member.requirements})

    def fit(self, windows: Windows) -> Combination:
        """Fit every member on the windows."""
        for member in self.members:
            member.fit(windows)
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the mean of the members' quantiles, shape (n, 48, levels)."""
        return np.asarray(np.mean([member.predict(windows) for member in self.members], axis=0))
