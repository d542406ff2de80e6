"""Operating conditions: found from the three settings, and what each sensor shows there in a new engine's fleet."""

from __future__ import annotations

import numpy as np

# The settings of an engine scatter around a condition by far less than conditions differ.
SCALE = np.array([1.0, 0.01, 1.0])  # a thousand feet, a hundredth of Mach, a percent of throttle
NEAR, KNOWN = 3.0, 1.0  # in units of SCALE: of one condition, and of one that was learned from
FLOOR = 1e-6


class Conditions:
    """Centres of the settings, shape (c, 3), with mean and deviation of each sensor, shapes (c, k)."""

    def fit(self, settings: np.ndarray, sensors: np.ndarray) -> Conditions:
        """Return the conditions of some cycles. settings: shape (n, 3). sensors: shape (n, k).

        A leader clustering in one pass: a cycle that is near no condition so far begins a new one.
        """
        scaled, rest, centres = settings / SCALE, settings / SCALE, []
        while len(rest):
            near = np.abs(rest - rest[0]).max(axis=1) < NEAR
            centres.append(rest[near].mean(axis=0))
            rest = rest[~near]
        self.centres = np.array(centres)
        condition = self._nearest(scaled)
        groups = [sensors[condition == place] for place in range(len(centres))]
        self.means = np.array([group.mean(axis=0) for group in groups])
        self.deviations = np.array([np.maximum(group.std(axis=0), FLOOR) for group in groups])
        return self

    def _nearest(self, scaled: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(scaled[:, None] - self.centres[None]).max(axis=2).argmin(axis=1))

    def of(self, settings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the condition of each cycle, and whether it was learned from, shapes (n,)."""
        scaled = settings / SCALE
        condition = self._nearest(scaled)
        return condition, np.abs(scaled - self.centres[condition]).max(axis=1) < KNOWN

    def normalized(self, settings: np.ndarray, sensors: np.ndarray) -> np.ndarray:
        """Return the sensors in deviations from the mean of their condition, shape (n, k)."""
        condition = self._nearest(settings / SCALE)
        return np.asarray((sensors - self.means[condition]) / self.deviations[condition])
