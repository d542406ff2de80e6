"""How unusual the first cycles of an engine are: a distance from what other engines show when they are new.

Hotelling's T squared of the mean of the first cycles: Hotelling, "Multivariate quality control" (1947). The distance is
that of Mahalanobis; its limit comes from the engines themselves, because their means are not normal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipelines.maintenance.data import Engine
    from pipelines.maintenance.state import State

CYCLES = 19  # the fewest that a log may have
RIDGE = 1e-3  # of the mean variance: sensors that say the same make the covariance singular


class Early:
    """Mean and covariance of the first cycles of engines."""

    def fit(self, state: State, engines: list[Engine]) -> Early:
        """Return the distances' measure."""
        means = self.means(state, engines)
        self.centre = means.mean(axis=0)
        covariance = np.cov(means.T)
        self.inverse = np.linalg.inv(
            covariance + RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        )
        return self

    @staticmethod
    def means(state: State, engines: list[Engine]) -> np.ndarray:
        """Return the mean of the normalized sensors over each engine's first cycles, shape (n, k)."""
        return np.array([state.normalized(engine)[:CYCLES].mean(axis=0) for engine in engines])

    def score(self, state: State, engines: list[Engine]) -> np.ndarray:
        """Return the squared distance of each engine, shape (n,)."""
        away = self.means(state, engines) - self.centre
        return np.asarray(np.einsum("nk,kl,nl->n", away, self.inverse, away))
