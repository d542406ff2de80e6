"""The state of an engine: its sensors without what the settings do, its health index, and the features of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.maintenance import windows
from pipelines.maintenance.columns import CAP, SENSORS, USED
from pipelines.maintenance.conditions import Conditions

if TYPE_CHECKING:
    from pipelines.maintenance.data import Engine

AT = [SENSORS.index(name) for name in USED]
WORN = 5  # cycles before the end
SMOOTH = 10  # cycles of the health index


class State:
    """Conditions and a health index, both learned from engines that ran to failure."""

    def fit(self, engines: list[Engine]) -> State:
        """Return the state of a fleet.

        The health index is a least-squares line over the sensors: 1 for an engine that has more than CAP cycles left,
        0 for one in its last WORN. Wang et al., "A similarity-based prognostics approach" (2008).
        """
        settings, sensors = (np.concatenate([part(engine) for engine in engines]) for part in (_settings, _sensors))
        self.oldest = max(int(engine.cycle[-1]) for engine in engines)
        self.conditions = Conditions().fit(settings, sensors)
        left = np.concatenate([engine.left for engine in engines])
        known = (left > CAP) | (left <= WORN)
        rows = np.column_stack([np.ones(known.sum()), self.conditions.normalized(settings[known], sensors[known])])
        self.weights = np.linalg.lstsq(rows, (left[known] > CAP).astype(float), rcond=None)[0]
        return self

    def normalized(self, engine: Engine) -> np.ndarray:
        """Return the sensors in deviations from the mean of their condition, shape (n, k)."""
        return self.conditions.normalized(engine.settings, _sensors(engine))

    def health(self, engine: Engine) -> np.ndarray:
        """Return the health index at each cycle, the mean of the last SMOOTH, shape (n,)."""
        index = self.weights[0] + self.normalized(engine) @ self.weights[1:]
        return windows.mean(index[:, None], SMOOTH)[:, 0]

    def features(self, engine: Engine) -> np.ndarray:
        """Return the features of each cycle, shape (n, f), by `windows.names()`."""
        return windows.features(self.normalized(engine), engine.cycle)


def _settings(engine: Engine) -> np.ndarray:
    return engine.settings


def _sensors(engine: Engine) -> np.ndarray:
    return engine.sensors[:, AT]
