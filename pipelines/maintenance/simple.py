"""Simple methods with default settings: a ridge regression on the mean of the last 30 cycles, and boosting on all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.maintenance import windows
from pipelines.maintenance.columns import CAP

COLUMNS = [place for place, name in enumerate(windows.names()) if name == "cycle" or name.endswith("mean of 30")]


class Simple:
    """A line of the capped remaining life."""

    def __init__(self, seed: int = 0):
        """seed: has no effect."""

    def fit(self, features: list[np.ndarray], left: list[np.ndarray]) -> Simple:
        """Return the model. features, left: of each engine, shapes (n, f) and (n,)."""
        from sklearn.linear_model import Ridge

        rows, target = np.concatenate(features)[:, COLUMNS], np.minimum(np.concatenate(left), CAP)
        self.line = Ridge().fit(rows, target)
        self.means = rows.mean(axis=0)
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the cycles that are left, at least 0 and at most CAP, shape (n,). features: shape (n, f)."""
        return np.asarray(np.clip(self.line.predict(features[:, COLUMNS]), 0, CAP))

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """Return what each feature adds, in cycles, with the base in the last column, shape (n, f + 1)."""
        added = np.zeros((len(features), features.shape[1] + 1))
        added[:, COLUMNS] = (features[:, COLUMNS] - self.means) * self.line.coef_
        added[:, -1] = self.line.intercept_ + self.means @ self.line.coef_
        return added


class Defaults:
    """LightGBM on every cycle of each engine, the strongest simple rival. columns: of the features; none for all."""

    def __init__(self, seed: int, columns: Sequence[int] = ()):
        self.seed, self.columns = seed, list(columns) or slice(None)

    def fit(self, features: list[np.ndarray], left: list[np.ndarray]) -> Defaults:
        """Return the model. features, left: of each engine, shapes (n, f) and (n,)."""
        import lightgbm

        rows, target = np.concatenate(features)[:, self.columns], np.minimum(np.concatenate(left), CAP)
        self.model = lightgbm.LGBMRegressor(random_state=self.seed, n_jobs=1, verbosity=-1).fit(rows, target)
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the cycles that are left, at least 0 and at most CAP, shape (n,). features: shape (n, f)."""
        return np.asarray(np.clip(self.model.predict(features[:, self.columns]), 0, CAP))
