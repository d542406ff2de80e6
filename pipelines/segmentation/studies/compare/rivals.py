"""Simple rivals of the segments, for `compare.py`: cells of two inputs, one forecast in parts, and forecasts as such.

A forecast for each customer is no division, and explains more than any: it is the ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from capstan.contract.delong import roc_auc
from models.clustering.methods import k_means
from pipelines.segmentation import report
from pipelines.segmentation.columns import OUTCOMES
from pipelines.segmentation.divisions import Score
from pipelines.segmentation.forecasts import Forecasts
from pipelines.segmentation.outcomes import explained, targets
from pipelines.segmentation.scaling import Scaling
from pipelines.segmentation.studies.compare.clusters import Segments

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from pipelines.segmentation.divisions import Division
    from pipelines.segmentation.model import SegmentModel

FORECASTS = {"ridge regression for each customer": "ridge", "boosting for each customer": "boosting"}
BOOSTING: dict[str, Any] = {
    "n_estimators": 60,
    "learning_rate": 0.06,
    "num_leaves": 6,
    "min_child_samples": 60,
    "verbose": -1,
}


@dataclass(frozen=True)
class Grid:
    """Two parts of recency by three of another input, of equal size: the cells that marketing draws by hand."""

    name: str
    recency: np.ndarray
    other: np.ndarray
    count: int = 6

    @classmethod
    def of(cls, rows: pd.DataFrame, name: str) -> Grid:
        """Return the cells of these customers. name: of the other input."""
        return cls(name, np.quantile(rows["recency"], [1 / 2]), np.quantile(rows[name], [1 / 3, 2 / 3]))

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the cell of each customer, shape (n,)."""
        recency, second = (np.asarray(columns[name], dtype=float) for name in ("recency", self.name))
        cells: np.ndarray = 3 * np.searchsorted(self.recency, recency) + np.searchsorted(self.other, second)
        return cells


@dataclass(frozen=True)
class OneForecast:
    """The forecast of the pounds of the next quarter alone, in parts by k-means: a score that was learned."""

    segments: Segments

    @classmethod
    def of(cls, rows: pd.DataFrame, count: int) -> OneForecast:
        """Return the parts of these customers."""
        scaling, spends = Scaling.of(rows), targets(rows)[:, [OUTCOMES.index("spends")]]
        points = scaling.points(rows)
        forecasts = Forecasts.of(points, spends)
        return cls(Segments(scaling, forecasts, k_means(forecasts.project(points), count, 0), count))

    @property
    def count(self) -> int:
        """Return the number of parts."""
        return self.segments.count

    def predict(self, columns: Columns) -> np.ndarray:
        """Return the part of each customer, shape (n,)."""
        return self.segments.predict(columns)


def simple(past: pd.DataFrame, count: int, seed: int) -> dict[str, Division]:
    """Return the divisions that are compared next to the score, fitted on the past."""
    return {
        "k-means of the forecasts, 5": Segments.of(past, "forecasts", "k-means", 5, seed),
        "k-means of the forecasts, as many": Segments.of(past, "forecasts", "k-means", count, seed),
        "k-means of the inputs, as many": Segments.of(past, "inputs", "k-means", count, seed),
        "one forecast in as many parts": OneForecast.of(past, count),
        "recency by money, 6 cells": Grid.of(past, "money"),
        "recency by order value, 6 cells": Grid.of(past, "order_value"),
    }


def forecast(past: pd.DataFrame, now: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return what a forecast for each customer explains, a row per customer. kind: `ridge` or `boosting`."""
    from lightgbm import LGBMRegressor
    from sklearn.linear_model import Ridge

    scaling, answers, predictions = Scaling.of(past), targets(past), []
    for answer in answers.T:
        known = ~np.isnan(answer)
        model = Ridge(100.0) if kind == "ridge" else LGBMRegressor(**BOOSTING)
        model.fit(scaling.points(past)[known], answer[known])
        predictions.append(model.predict(scaling.points(now)))
    told = explained(np.column_stack(predictions), np.nanmean(answers, axis=0), targets(now))
    return pd.DataFrame(told, columns=OUTCOMES).assign(usefulness=told.mean(axis=1))


def of_score(past: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return what the score explains that is not cut, a row per customer: a line through it for each outcome."""
    score, answers, predictions = Score.of(past, 2), targets(past), []
    for answer in answers.T:
        known = ~np.isnan(answer)
        predictions.append(np.polyval(np.polyfit(score.score(past)[known], answer[known], 1), score.score(now)))
    told = explained(np.column_stack(predictions), np.nanmean(answers, axis=0), targets(now))
    return pd.DataFrame(told, columns=OUTCOMES).assign(usefulness=told.mean(axis=1))


def ranking(past: pd.DataFrame, now: pd.DataFrame, model: SegmentModel) -> dict[str, float]:
    """Return the ROC AUC of who buys, by the order of the segments, of the score, and of its parts."""
    bought, score = targets(now)[:, 0], Score.of(past, model.division.count)
    parts, outlook = model.rivals[report.SCORE]
    return {
        "segments": float(roc_auc(bought, model.outlook.means[model.division.predict(now), 0]).mean()),
        report.SCORE: float(roc_auc(bought, outlook.means[parts.predict(now), 0]).mean()),
        "the score as such": float(roc_auc(bought, score.score(now)).mean()),
    }
