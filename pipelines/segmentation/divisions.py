"""Divisions of the customers: each gives any customer the number of a part.

`Segments` come from clusters. `Score` is the simple rival: equal parts of one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models.clustering.methods import METHODS
from pipelines.segmentation.columns import RFM
from pipelines.segmentation.forecasts import PENALTY, Forecasts
from pipelines.segmentation.outcomes import targets
from pipelines.segmentation.scaling import Scaling

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns
    from models.clustering.methods import Clusters

SPACES = ("inputs", "forecasts")  # what the points are that a method clusters
MOST = 4_000  # customers that are clustered: spectral clustering takes long
SIGNS = dict(zip(RFM, (-1, 1, 1), strict=True))  # a score is higher the less time has passed, and the more was bought


class Division(Protocol):
    """A way to put customers into parts."""

    @property
    def count(self) -> int:
        """Return the number of parts."""

    def points(self, columns: Columns) -> np.ndarray:
        """Return the customers as points of the space that is divided, shape (n, d)."""

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the part of each customer, from 0 to count - 1, shape (n,)."""


@dataclass(frozen=True)
class Segments:
    """Clusters in a space of points. forecasts: None where the points are the inputs themselves."""

    scaling: Scaling
    forecasts: Forecasts | None
    clusters: Clusters
    count: int

    @classmethod
    def of(
        cls, rows: pd.DataFrame, space: str, method: str, count: int, seed: int, penalty: float = PENALTY
    ) -> Segments:
        """Return what a method makes of these customers, or of 4,000 of them where they are more.

        space: of SPACES. count: how many segments are asked for. penalty: of the forecasts.
        """
        scaling = Scaling.of(rows)
        points = scaling.points(rows)
        forecasts = Forecasts.of(points, targets(rows), penalty) if space == "forecasts" else None
        made = forecasts.project(points) if forecasts else points
        few = made[np.random.default_rng(seed).permutation(len(made))[:MOST]]
        clusters = METHODS[method](few, count, seed)
        return cls(scaling, forecasts, clusters, int(clusters.predict(few).max()) + 1)

    def points(self, columns: Columns) -> np.ndarray:
        """Return the customers as points that the clusters are of, shape (n, d)."""
        points = self.scaling.points(columns)
        return self.forecasts.project(points) if self.forecasts else points

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the segment of each customer, shape (n,)."""
        return self.clusters.predict(self.points(columns))


@dataclass(frozen=True)
class Score:
    """The mean rank of recency, frequency and money, cut into parts of equal size.

    known: the sorted values of each input, times its sign. limits: between the parts, shape (count - 1,).
    """

    known: list[np.ndarray]
    limits: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, count: int) -> Score:
        """Return the score among these customers, in `count` parts."""
        whole = cls([np.sort(SIGNS[name] * rows[name].to_numpy()) for name in RFM], np.array([]))
        return cls(whole.known, np.quantile(whole.score(rows), np.arange(1, count) / count))

    @property
    def count(self) -> int:
        """Return the number of parts."""
        return len(self.limits) + 1

    def score(self, columns: Columns) -> np.ndarray:
        """Return the score of each customer, from 0 to 1, shape (n,)."""
        ranks = [
            np.searchsorted(known, SIGNS[name] * np.asarray(columns[name], dtype=float), side="right") / len(known)
            for name, known in zip(RFM, self.known, strict=True)
        ]
        return np.asarray(np.mean(ranks, axis=0))

    def points(self, columns: Columns) -> np.ndarray:
        """Return the scores, shape (n, 1)."""
        return self.score(columns)[:, None]

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the part of each customer, the lowest scores first, shape (n,)."""
        return np.searchsorted(self.limits, self.score(columns), side="right")
