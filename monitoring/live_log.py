"""The predictions of a look at a capstone. All of its parts share one pass over the log.

A log that fits into memory is read as a whole. Of a larger one, reports and intervals get a sample, and the checks
count its pieces.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from capstan.contract.capstone import Capstone
from monitoring import signals
from predictions.labelled import labelled
from predictions.pieces import Group, Piece, Wanted, groups, pieces
from predictions.sample import Sample, sample

if TYPE_CHECKING:
    import pandas as pd

MEMORY_ROWS = 200_000  # predictions that a monitoring run holds: some 0.5 GB with 30 columns
LABELLED = timedelta(days=28)  # labels come late: performance is that of some weeks
SAMPLE = 2 * signals.SAMPLE_ROWS  # of a log that does not fit into memory: those who read it sample it once more


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
        first, recently = min(self.recently, now - LABELLED, now - checked), self.recently
        self._wanted = Wanted(first, now, recently if recently < now else None)

    @cached_property
    def _groups(self) -> list[Group]:
        return groups(self.capstone, self._wanted)

    @property
    def is_whole(self) -> bool:
        """Whether the predictions fit into memory: there are at most MEMORY_ROWS."""
        return sum(group.rows for group in self._groups) <= MEMORY_ROWS

    @cached_property
    def pieces(self) -> list[Piece]:
        """The predictions in pieces that fit into memory."""
        return pieces(self.capstone, self._groups, MEMORY_ROWS)

    @cached_property
    def _rows(self) -> "pd.DataFrame":
        self.stage("reading the predictions and their labels")
        since, until, or_since = self._wanted
        return labelled(self.capstone, since, until, self.now, also_unlabelled=True, or_answered_since=or_since)

    def predicted(self, since: datetime, until: datetime | None = None) -> "pd.DataFrame":
        """Return the predictions as of some prediction times, `until` excluded. Their label may not be known yet."""
        times = self._rows["prediction_time"]
        return self._rows[(times >= since) & (times < (until or self.now))].reset_index(drop=True)

    def recent(self, version: str, by_prediction_time: bool = True) -> Sample:
        """Return what clients got from a version within the hours, or a sample of it.

        by_prediction_time: the hours are those of the prediction times, else those of the answers.
        """
        since = None if by_prediction_time else self.recently
        wanted = Wanted(self.recently if by_prediction_time else self.now, self.now, since)
        if not self.is_whole:
            return self._sample(version, wanted, labelled=False)
        rows = self._rows[self._rows["time"] >= self.recently] if since else self.predicted(self.recently)
        rows = signals.answers(rows, version).reset_index(drop=True)
        return Sample(rows, len(rows))

    def labelled(self, version: str) -> "pd.DataFrame":
        """Return the predictions of a version of the last weeks whose label is known, or a sample of them."""
        since = self.now - LABELLED
        if not self.is_whole:
            return self._sample(version, Wanted(since, self.now), labelled=True).rows
        rows = signals.answers(self.predicted(since), version)
        return rows[rows["revision"].notna()].reset_index(drop=True)

    def _sample(self, version: str, wanted: Wanted, labelled: bool) -> Sample:
        self.stage("drawing a sample of the predictions" + (" with labels" if labelled else ""))
        parts = pieces(self.capstone, groups(self.capstone, wanted), MEMORY_ROWS)
        return sample(self.capstone, version, parts, wanted, self.now, SAMPLE, labelled)
