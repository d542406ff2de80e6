"""Segments of methods that look for groups, in two spaces: the inputs, and forecasts of the next quarter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.clustering.methods import METHODS
from pipelines.segmentation.forecasts import Forecasts
from pipelines.segmentation.outcomes import targets
from pipelines.segmentation.scaling import Scaling

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns
    from models.clustering.methods import Clusters

SPACES = ("inputs", "forecasts")  # what the points are that a method clusters
MOST = 4_000  # customers that are clustered: spectral clustering takes long
SAMPLE = 2_000  # customers that the silhouette is of: it compares each with each


@dataclass(frozen=True)
class Segments:
    """Clusters in a space of points. forecasts: None where the points are the inputs themselves."""

    scaling: Scaling
    forecasts: Forecasts | None
    clusters: Clusters
    count: int

    @classmethod
    def of(cls, rows: pd.DataFrame, space: str, method: str, count: int, seed: int) -> Segments:
        """Return what a method makes of these customers, or of 4,000 of them where they are more.

        space: of SPACES. count: how many segments are asked for.
        """
        scaling = Scaling.of(rows)
        points = scaling.points(rows)
        forecasts = Forecasts.of(points, targets(rows)) if space == "forecasts" else None
        projected = forecasts.project(points) if forecasts else points
        few = projected[np.random.default_rng(seed).permutation(len(projected))[:MOST]]
        clusters = METHODS[method](few, count, seed)
        return cls(scaling, forecasts, clusters, int(clusters.predict(few).max()) + 1)

    def points(self, columns: Columns) -> np.ndarray:
        """Return the customers as points that the clusters are of, shape (n, d)."""
        points = self.scaling.points(columns)
        return self.forecasts.project(points) if self.forecasts else points

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the segment of each customer, shape (n,)."""
        return self.clusters.predict(self.points(columns))


def silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean silhouette of a sample of points; 0 where all are in one segment."""
    from sklearn.metrics import silhouette_score

    few = np.random.default_rng(0).permutation(len(points))[:SAMPLE]
    return float(silhouette_score(points[few], labels[few])) if len(np.unique(labels[few])) > 1 else 0.0
