"""Other forecasts of a week's sales: last week's, the store's mean, and least squares, the baseline."""

from __future__ import annotations

import numpy as np

from pipelines.pricing.columns import COUNT, PAST
from pipelines.pricing.shelves import Shelves

LAST, MEAN, SIMPLE = "last week's sales", "the store's mean", "least squares"


def last_week(past: Shelves) -> np.ndarray:
    """Return what each store sold in the week before, as logs, shape (n, 11)."""
    return by_week(past.sold)[:, -1]


def by_week(values: np.ndarray) -> np.ndarray:
    """Return the eight weeks before each row, shape (n, 8, 11)."""
    return values.reshape(-1, PAST - 1, COUNT)


class StoreMean:
    """What a store sold of a brand in a middle week."""

    def fit(self, rows: Shelves, past: Shelves) -> StoreMean:
        self.stores, place = np.unique(rows.store, return_inverse=True)
        self.means = np.stack([rows.sold[place == store].mean(axis=0) for store in range(len(self.stores))])
        return self

    def forecast(self, rows: Shelves, past: Shelves) -> np.ndarray:
        return np.asarray(self.means[np.searchsorted(self.stores, rows.store)])


class LeastSquares:
    """The baseline: for each brand, the means of eight weeks, own price, feature and deal."""

    def fit(self, rows: Shelves, past: Shelves) -> LeastSquares:
        self.weights = [
            np.linalg.lstsq(self.columns(rows, past, brand), rows.sold[:, brand])[0] for brand in range(COUNT)
        ]
        return self

    def forecast(self, rows: Shelves, past: Shelves) -> np.ndarray:
        return np.column_stack([self.columns(rows, past, brand) @ beta for brand, beta in enumerate(self.weights)])

    def columns(self, rows: Shelves, past: Shelves, brand: int) -> np.ndarray:
        sold, price, feat = (
            by_week(part)[..., brand].mean(axis=1) for part in (past.sold, np.log(past.price), past.feat)
        )
        now = (np.log(rows.price[:, brand]), rows.feat[:, brand], rows.deal[:, brand])
        return np.column_stack([np.ones(len(rows)), sold, price, feat, *now])
