"""Customers as lifetimes, which the file can be read as in two ways, and Cox's model of them.

`FROM_THE_START` is how the file is usually read: everybody was watched since the first month. But who left earlier is
not in the file, so it says that customers stay longer than they do. `LAST_MONTH` takes the file at its word, that
`churned` are those who left in the last month: each was watched in that month alone, and entered late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.survival.cox import Cox
from pipelines.churn.columns import CATEGORIES, LABEL

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns

FROM_THE_START, LAST_MONTH = "watched from the start", "watched in the last month"
RIDGE = 1.0
MONTHS = np.arange(13)  # from now on


class Lifetimes(NamedTuple):
    """Months, whether they ended then, and after which month each was watched, shapes (n,)."""

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray


def lifetimes(rows: pd.DataFrame, reading: str) -> Lifetimes:
    """Return the lifetimes of customers who have been there for a month at least."""
    known = rows[rows["tenure"] > 0]
    time = known["tenure"].to_numpy(float)
    entry = time - 1 if reading == LAST_MONTH else np.zeros(len(time))
    return Lifetimes(time, known[LABEL].to_numpy(float), entry)


class Stays:
    """How likely a customer is still there in some months: Cox's model over the categories and the bill."""

    def __init__(self, reading: str = LAST_MONTH):
        self.reading = reading

    def fit(self, rows: pd.DataFrame) -> Stays:
        """Return the model, fitted on rows."""
        # The first value of a category is what the others are compared with.
        self.levels = {name: sorted(rows[name].dropna().unique())[1:] for name in CATEGORIES}
        self.cox = Cox(RIDGE).fit(self.features(rows[rows["tenure"] > 0]), *lifetimes(rows, self.reading))
        return self

    def features(self, columns: Columns) -> np.ndarray:
        """Return the bill in units of 30, and a column per value of a category, shape (n, k)."""
        bill = np.asarray(columns["monthly"], dtype=float) / 30
        hot = [[v == level for v in columns[name]] for name, levels in self.levels.items() for level in levels]
        return np.column_stack([bill, *np.array(hot, dtype=float)])

    def names(self) -> list[str]:
        """Return the names of the features."""
        return ["monthly, per 30", *(f"{name} {level}" for name, levels in self.levels.items() for level in levels)]

    def months(self, columns: Columns, chance: np.ndarray | None = None) -> np.ndarray:
        """Return the probability that each is still there after MONTHS, shape (n, len(MONTHS)).

        The first of them is the month that the file looks at. probability: of leaving in it, shape (n,), in the place
        of Cox's own: how the hazard goes on from there is then Cox's baseline.
        """
        hazard = self.cox.ahead(np.maximum(np.asarray(columns["tenure"], dtype=float) - 1, 0), MONTHS)
        if chance is None:
            risk = np.exp(self.cox.log_risk(self.features(columns)))
        else:
            # A month in which nobody learned from has left gets the mean hazard of the year.
            none = hazard[:, 1] == 0
            hazard[none, 1:] += np.maximum(hazard[none, -1:] / MONTHS[-1], 1e-9)
            risk = -np.log1p(-np.minimum(chance, 1 - 1e-9)) / hazard[:, 1]
        return np.asarray(np.exp(-hazard * risk[:, None]))
