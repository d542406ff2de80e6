"""The predictions of a look at a capstone. All of its parts share one pass over the log."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from capstan.capstone import Capstone
from predictions.labelled import labelled

if TYPE_CHECKING:
    import pandas as pd

LABELLED = timedelta(days=28)  # labels come late: performance is that of some weeks


def _nobody(_stage: str) -> None:
    """Tell nobody."""


class LiveLog:
    """The predictions up to an instant, with the labels that were known by then. They are read when they are needed."""

    def __init__(
        self, capstone: str, task: Capstone, now: datetime, hours: float = 0, stage: Callable[[str], None] = _nobody
    ):
        """hours: before `now`; answers of these are read whatever their prediction time. stage: hears what begins."""
        self.capstone, self.now, self.stage = capstone, now, stage
        self.recently = now - timedelta(hours=hours)
        checked = timedelta(days=2 * max(task.CHECKS.windows) + 1)  # from midnight
        self._first = min(self.recently, now - LABELLED, now - checked)

    @cached_property
    def _rows(self) -> "pd.DataFrame":
        self.stage("reading the predictions and their labels")
        recently = self.recently if self.recently < self.now else None
        return labelled(
            self.capstone, self._first, self.now, self.now, also_unlabelled=True, or_answered_since=recently
        )

    def answered_recently(self) -> "pd.DataFrame":
        """Return the predictions that were answered within the hours."""
        return self._rows[self._rows["time"] >= self.recently].reset_index(drop=True)

    def predicted(self, since: datetime, until: datetime | None = None) -> "pd.DataFrame":
        """Return the predictions as of some prediction times, `until` excluded. Their label may not be known yet."""
        at = self._rows["prediction_time"]
        return self._rows[(at >= since) & (at < (until or self.now))].reset_index(drop=True)

    def labelled(self) -> "pd.DataFrame":
        """Return the predictions of the last weeks whose label is known."""
        rows = self.predicted(self.now - LABELLED)
        return rows[rows["revision"].notna()].reset_index(drop=True)
