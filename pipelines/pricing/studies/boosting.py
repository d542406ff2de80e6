"""Boosted trees as a rival of the demand model."""

from __future__ import annotations

from typing import Any

import numpy as np

from data_sets import orange_juice_weeks as weeks
from pipelines.pricing.columns import COUNT
from pipelines.pricing.rivals import by_week
from pipelines.pricing.shelves import Shelves

NAME = "LightGBM"
# By the study `tune`.
TREES: dict[str, Any] = {
    "n_estimators": 300,
    "num_leaves": 31,
    "learning_rate": 0.05,
    "min_child_samples": 100,
}


class Boosting:
    """Boosted trees for each brand, over all prices, the weeks before, the store and the season."""

    def __init__(self, seed: int = 0, **settings: Any):
        self.settings = TREES | settings | {"random_state": seed, "n_jobs": 1, "verbose": -1}

    def fit(self, rows: Shelves, past: Shelves) -> Boosting:
        from lightgbm import LGBMRegressor

        self.trees = [
            LGBMRegressor(**self.settings).fit(self.columns(rows, past, brand), rows.sold[:, brand])
            for brand in range(COUNT)
        ]
        return self

    def forecast(self, rows: Shelves, past: Shelves) -> np.ndarray:
        logs = [trees.predict(self.columns(rows, past, brand)) for brand, trees in enumerate(self.trees)]
        return np.column_stack(logs)

    def columns(self, rows: Shelves, past: Shelves, brand: int) -> np.ndarray:
        sold, price, feat = (by_week(part)[..., brand] for part in (past.sold, np.log(past.price), past.feat))
        return np.column_stack(
            [
                rows.store,
                np.log(rows.price),
                rows.feat,
                rows.deal[:, brand],
                np.log(rows.before[:, brand]),
                sold.mean(axis=1),
                sold[:, -2:],
                price.mean(axis=1),
                feat.mean(axis=1),
                weeks.calendar(rows.week, 1),
            ]
        )
