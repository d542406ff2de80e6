"""The mean of the log-odds of splines and boosting. The study `tune` shows how little this adds to splines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.churn.boosting import Boosting
from pipelines.churn.splines import Splines

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns


class Blend:
    """Splines and boosting, in equal parts."""

    requirements = ("lightgbm", "numpy", "scipy")

    def __init__(self, seed: int = 0):
        self.parts = (Splines(seed), Boosting(seed))

    def fit(self, rows: pd.DataFrame, churned: np.ndarray) -> Blend:
        """Return both, fitted on rows. churned: 0 or 1, shape (n,)."""
        for part in self.parts:
            part.fit(rows, churned)
        return self

    def margin(self, columns: Columns) -> np.ndarray:
        """Return the log-odds of leaving, shape (n,)."""
        return np.asarray(np.mean([part.margin(columns) for part in self.parts], axis=0))

    def contributions(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the base, shape (n,), and what each input adds to it, (n, k)."""
        bases, values = zip(*(part.contributions(columns) for part in self.parts), strict=True)
        return np.mean(bases, axis=0), np.mean(values, axis=0)
