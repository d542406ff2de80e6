"""Divisions of the customers: each gives any customer the number of a part.

`Tree` is served: its leaves are the segments. Its rivals are `Score`, equal parts of one number, and `Cloud`, a
division that knows nothing of groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipelines.segmentation.columns import INPUTS, RFM
from pipelines.segmentation.forecasts import Forecasts
from pipelines.segmentation.outcomes import targets
from pipelines.segmentation.scaling import Scaling

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.tree import DecisionTreeRegressor

    from capstan.contract.model import Columns

SMALLEST = 0.05  # of the customers
SIGNS = dict(zip(RFM, (-1, 1, 1), strict=True))  # a score is higher the less time has passed, and the more was bought
Rule = dict[str, tuple[float, float]]  # input -> above the first number, at most the second


class Division(Protocol):
    """A way to put customers into parts."""

    @property
    def count(self) -> int:
        """Return the number of parts."""

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the part of each customer, from 0 to count - 1, shape (n,)."""


@dataclass(frozen=True)
class Tree:
    """A regression tree of the three outcomes at once. leaves: their nodes, rising.

    Source: Blockeel, De Raedt and Ramon, "Top-down induction of clustering trees" (1998).
    """

    fitted: DecisionTreeRegressor
    leaves: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, count: int) -> Tree:
        """Return the tree of these customers, with at most `count` leaves.

        The order of a customer without one is what ridge regression forecasts. Outcomes weigh the same.
        """
        from sklearn.tree import DecisionTreeRegressor

        answers, points = targets(rows), Scaling.of(rows).points(rows)
        forecasts = Forecasts.of(points, answers).project(points) * np.nanstd(answers, axis=0)
        complete = np.where(np.isnan(answers), forecasts, answers)
        deviation = complete.std(axis=0)
        tree = DecisionTreeRegressor(max_leaf_nodes=count, min_samples_leaf=SMALLEST, random_state=0)
        tree.fit(inputs(rows), complete / np.where(deviation > 0, deviation, 1))
        return cls(tree, np.flatnonzero(tree.tree_.children_left < 0))

    @property
    def count(self) -> int:
        """Return the number of leaves."""
        return len(self.leaves)

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the leaf of each customer, shape (n,)."""
        leaf: np.ndarray = np.searchsorted(self.leaves, self.fitted.apply(inputs(columns)))
        return leaf

    def rules(self) -> list[Rule]:
        """Return the bounds that put a customer into each leaf."""
        tree, found = self.fitted.tree_, {0: Rule()}
        for node in range(tree.node_count):  # a node comes after its parent
            if (left := tree.children_left[node]) >= 0:
                name, limit = INPUTS[tree.feature[node]], float(tree.threshold[node])
                low, high = found[node].get(name, (-np.inf, np.inf))
                found[left] = found[node] | {name: (low, limit)}
                found[tree.children_right[node]] = found[node] | {name: (limit, high)}
        return [found[leaf] for leaf in self.leaves]


def inputs(columns: Columns) -> np.ndarray:
    """Return the inputs, shape (n, 9)."""
    return np.column_stack([np.asarray(columns[name], dtype=float) for name in INPUTS])


@dataclass(frozen=True)
class Cloud:
    """The nearest of some centres, which k-means finds in draws from one normal distribution of the forecasts."""

    scaling: Scaling
    forecasts: Forecasts
    centres: KMeans

    @classmethod
    def of(cls, rows: pd.DataFrame, count: int, seed: int) -> Cloud:
        """Return the division that data without groups lead to, in `count` parts."""
        from sklearn.cluster import KMeans

        from models.clustering import nulls

        scaling = Scaling.of(rows)
        points = scaling.points(rows)
        forecasts = Forecasts.of(points, targets(rows))
        drawn = nulls.gaussian(forecasts.project(points), np.random.default_rng(seed))
        return cls(scaling, forecasts, KMeans(count, n_init=5, random_state=seed).fit(drawn))

    @property
    def count(self) -> int:
        """Return the number of centres."""
        return len(self.centres.cluster_centers_)

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the nearest centre of each customer, shape (n,)."""
        nearest: np.ndarray = self.centres.predict(self.forecasts.project(self.scaling.points(columns)))
        return nearest


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

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the part of each customer, the lowest scores first, shape (n,)."""
        return np.searchsorted(self.limits, self.score(columns), side="right")
