"""Pieces of the log that fit into memory: stretches of the times of the answers. Only footers are read.

Each prediction lies in one piece, also one that moves from the write-ahead log to parquet meanwhile.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from capstan.data.storage import Folder, Storage
from capstan.profile import profile
from capstan.settings import settings
from predictions import files as prediction_files
from predictions.reader import ATTEMPTS, write_ahead
from predictions.upload import KEY

if TYPE_CHECKING:
    import pyarrow.parquet as pq

DAY, THREADS = timedelta(days=1), 8


class Piece(NamedTuple):
    """The answers from `start` to before `end`. rows: about as many."""

    start: datetime
    end: datetime
    rows: int

    def has(self, day: str) -> bool:
        """Return whether it has answers of a day, YYYY-MM-DD."""
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        return self.start < midnight + DAY and midnight < self.end


class Wanted(NamedTuple):
    """Which predictions are wanted: as of a prediction time from `since` to before `until`, or answered since then."""

    since: datetime
    until: datetime
    or_answered_since: datetime | None = None

    def overlaps(self, predicted: tuple[datetime, datetime], answered: tuple[datetime, datetime]) -> bool:
        """Return whether rows whose times lie between these may be wanted."""
        recent = self.or_answered_since is not None and answered[1] >= self.or_answered_since
        return recent or (predicted[1] >= self.since and predicted[0] < self.until)


class Group(NamedTuple):
    """A row group: the times of its first and its last answer, and its rows."""

    first: datetime
    last: datetime
    rows: int


def groups(model: str, wanted: Wanted, folder: Path | None = None) -> list[Group]:
    """Return the row groups of a model's parquet files in which wanted predictions may lie.

    folder: of the log; by default that of the settings, or the object store on a cluster.
    """
    storage, root = _place(folder)
    files = storage.arrow()

    def read(key: str) -> list[Group]:
        with files.open_input_file(key) as file:
            return [*_groups(file, wanted)]

    for attempt in count(1):
        try:
            keys = prediction_files.current(storage, storage.keys(f"{root}model={model}"))
            with ThreadPoolExecutor(THREADS) as pool:  # of an object store, each footer is a request or two
                return [group for found in pool.map(read, keys) for group in found]
        except FileNotFoundError:  # a file was merged since it was listed
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def pieces(model: str, stored: Sequence[Group], size: int, folder: Path | None = None) -> list[Piece]:
    """Return the pieces of a log, in order, each of about `size` rows at most. stored: its row groups.

    A row group lies in one piece as a whole, unless those of several servers overlap.
    """
    found = [*stored]
    storage, _ = _place(folder)
    if isinstance(storage, Folder):  # what is not parquet yet may be of a day that no file has
        written = write_ahead(storage.root)[0]
        mine = zip(written["time"].to_pylist(), written["model"].to_pylist(), strict=True)
        found += [Group(time, time, 1) for time, of in mine if of == model]
    if not found:
        return []
    cut, rows, start = [], 0, _midnight(min(found).first)
    for group in sorted(found):
        if rows and rows + group.rows > size and group.first > start:
            cut.append(Piece(start, group.first, rows))
            start, rows = group.first, 0
        rows += group.rows
    return [*cut, Piece(start, _midnight(max(group.last for group in found)) + DAY, rows)]


def _midnight(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _place(folder: Path | None) -> tuple[Storage, str]:
    if folder is None and settings().profile == "cluster":
        return profile().storage(), f"{KEY}/"
    return Folder(folder or settings().predictions_dir or settings().home / "predictions"), ""


def _groups(file: object, wanted: Wanted) -> Iterator[Group]:
    """Yield the row groups of a file that may hold wanted predictions."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(file)
    columns = {footer.schema.column(number).name: number for number in range(footer.num_columns)}
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        answered, predicted = (_range(group, columns[name]) for name in ("time", "prediction_time"))
        if answered and (predicted is None or wanted.overlaps(predicted, answered)):
            yield Group(*answered, group.num_rows)


def _range(group: "pq.RowGroupMetaData", column: int) -> tuple[datetime, datetime] | None:
    """Return the least and the greatest time of a column, or None where a row group does not say."""
    statistics = group.column(column).statistics
    return (statistics.min, statistics.max) if statistics is not None and statistics.has_min_max else None
