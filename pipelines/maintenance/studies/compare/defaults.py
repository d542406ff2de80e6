"""The rival to fear: LightGBM with its defaults, on the windows of the served model or on some of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.maintenance.columns import CAP


class Defaults:
    """Boosting on every cycle of each engine. columns: of the features; none for all."""

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
