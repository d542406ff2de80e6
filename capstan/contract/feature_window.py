"""The window of raw rows behind a feature row: what lets a run build the features of new days alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class FeatureWindow:
    """What is true of each row of `feature_tables` and `entity_rows`: raw rows outside of its window do not change it.

    times: the column of each raw table that says when a row was. A table that is left out counts as a whole.
    back, ahead: from so long before the row's `event_timestamp` until so long after it.
    """

    times: Mapping[str, str]
    back: timedelta
    ahead: timedelta = timedelta(0)

    def problems(self) -> list[str]:
        """Return what is wrong with it."""
        wrong = [] if self.times else ["FEATURE_WINDOW names no table with a time"]
        return wrong + ["FEATURE_WINDOW is negative"] * (min(self.back, self.ahead) < timedelta(0))
