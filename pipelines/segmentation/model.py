"""What is served: the segment of a customer, in words, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.model import Model
from pipelines.segmentation.columns import COUNTRY, INPUTS

if TYPE_CHECKING:
    import pandas as pd

    from capstan.model import Columns
    from pipelines.segmentation.methods import Clusters
    from pipelines.segmentation.scaling import Scaling


class Segments(Model):
    """A segmentation and fits of it on other samples, which vote. Country sets whom the money is compared with."""

    inputs = dict.fromkeys(INPUTS, "double") | {COUNTRY: "string"}
    requirements = ("scikit-learn", "scipy", "numpy")
    steady = True

    def __init__(
        self,
        scaling: Scaling,
        clusters: Clusters,
        names: list[str],
        refits: list[Clusters],
        matches: list[np.ndarray],
        spending: dict[str, np.ndarray],
    ):
        """names: of the clusters. matches: each refit's clusters as ours. spending: sorted money by country."""
        self.scaling, self.clusters, self.names = scaling, clusters, names
        self.refits, self.matches, self.spending = refits, matches, spending
        self.words: dict[str, str] = {}
        self.candidates: pd.DataFrame | None = None
        self.shares: pd.DataFrame | None = None

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return segment, description, the share of the refits for each segment, and the rank within the country."""
        points = self.scaling.points(columns)
        segment = [self.names[label] for label in self.clusters.predict(points)]
        votes = self.votes(points)
        return {
            "segment": segment,
            "description": [self.words[name] for name in segment],
            "votes": [dict(zip(self.names, map(float, row), strict=True)) for row in votes],
            "spends_more_than": self.ranks(columns),
        }

    def votes(self, points: np.ndarray) -> np.ndarray:
        """Return the share of the refits that put each point into each segment, shape (n, segments)."""
        votes = np.zeros((len(points), len(self.names)))
        for refit, match in zip(self.refits, self.matches, strict=True):
            votes[np.arange(len(points)), match[refit.predict(points)]] += 1
        return votes / len(self.refits)

    def ranks(self, columns: Columns) -> np.ndarray:
        """Return the share of the customers of the same country who spent less; of all, where they are few."""
        everyone = self.spending[""]
        known = [self.spending.get(country, everyone) for country in columns[COUNTRY]]
        return np.array(
            [np.searchsorted(sums, spent) / len(sums) for sums, spent in zip(known, columns["money"], strict=True)]
        )
