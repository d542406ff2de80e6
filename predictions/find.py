"""Finding predictions: by their ids, or by what they are about and when. Nothing is kept but the footers of files.

An id begins with its time, so a look-up reads the files of one day or two, and of these the row groups whose statistics
allow it. What no server has converted yet is read from the write-ahead log of the folder, each line once.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from capstan.data.storage import Folder, Storage
from predictions import files as prediction_files
from predictions import ids
from predictions.convert import segments
from predictions.records import SCHEMA, parse
from predictions.upload import KEY

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

COLUMNS = ["prediction_id", "time", "prediction_time", "model", "inputs"]
MAX_FOOTERS = 2_000  # some 10 KB each
ATTEMPTS = 5  # files may be moved between the look at the folder and the look into them
LONGEST = timedelta(hours=1)  # from an id to the end of its answer; only streams take more than seconds


class Prediction(NamedTuple):
    """A prediction: when it was answered, and the time that it is as of."""

    time: datetime
    prediction_time: datetime


class About(NamedTuple):
    """What a prediction is about: the entity's keys, as the log has them in `inputs`, and its prediction time."""

    entity: Mapping[str, Any]
    time: datetime


@dataclass
class Segment:
    """What was read of a segment of the write-ahead log: so many bytes, and the records in them."""

    read: int = 0
    tables: list[pa.Table] = field(default_factory=list)


class Finder:
    """Finds predictions in a log: its folder, and its object store if it has one. For one thread."""

    def __init__(self, folder: Path, storage: Storage | None = None):
        self.folder = folder
        places: list[tuple[Storage, str]] = [(Folder(folder), "")]
        self._places = [*places, (storage, f"{KEY}/")] if storage else places
        self._segments: dict[Path, Segment] = {}
        self._fragments: dict[str, ds.ParquetFileFragment] = {}

    def by_id(self, model: str, wanted: Collection[str]) -> dict[str, Prediction]:
        """Return the predictions of a model that have some ids. Raises OSError and CapstanError."""
        if not wanted:
            return {}
        moments = [ids.moment(id_) for id_ in wanted]
        days: set[str] | None = None
        if None not in moments:  # else there is an id from elsewhere, and it may be of any day
            times = [time + late for time in moments if time for late in (timedelta(0), LONGEST)]
            days = {time.date().isoformat() for time in times}
        column = pc.field("prediction_id")
        condition = (column >= min(wanted)) & (column <= max(wanted)) & column.isin(list(wanted))
        rows = self._look(model, days, condition, ["prediction_id", "time", "prediction_time"])
        return {row["prediction_id"]: Prediction(row["time"], row["prediction_time"]) for row in rows}

    def by_entity(self, model: str, wanted: Iterable[About]) -> list[dict[str, Prediction]]:
        """Return the predictions, by id, about each of some entities and times, of a model.

        Raises OSError and CapstanError.
        """
        wanted = list(wanted)
        if not wanted:
            return []
        times = {about.time.astimezone(UTC) for about in wanted}
        column = pc.field("prediction_time")
        moments = pa.array(sorted(times), SCHEMA.field("prediction_time").type)
        condition = (column >= moments[0]) & (column <= moments[-1]) & column.isin(moments)
        by_time: dict[datetime, list[tuple[dict[str, Any], str, Prediction]]] = {}
        for row in self._look(model, None, condition, ["prediction_id", "time", "prediction_time", "inputs"]):
            prediction = Prediction(row["time"], row["prediction_time"])
            by_time.setdefault(row["prediction_time"], []).append(
                (orjson.loads(row["inputs"]), row["prediction_id"], prediction)
            )
        return [
            {
                id_: prediction
                for inputs, id_, prediction in by_time.get(about.time.astimezone(UTC), ())
                if all(key in inputs and inputs[key] == value for key, value in about.entity.items())
            }
            for about in wanted
        ]

    def _look(
        self, model: str, days: set[str] | None, condition: pc.Expression, columns: list[str]
    ) -> list[dict[str, Any]]:
        """Return the rows that meet a condition; a prediction may come twice."""
        for attempt in range(ATTEMPTS):
            # The write-ahead log first, then the folder: rows move in this order.
            tables = [self._written(model)]
            try:
                tables += [self._stored(model, days, condition, place) for place in self._places]
            except OSError:
                self._fragments.clear()
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                rows: list[dict[str, Any]] = pa.concat_tables(tables).filter(condition).select(columns).to_pylist()
                return rows
        raise AssertionError

    def _written(self, model: str) -> pa.Table:
        """Return the records of the write-ahead log, of all processes that share the folder."""
        there = segments(self.folder)
        self._segments = {path: self._segments.get(path, Segment()) for path in there}
        for path, segment in self._segments.items():
            try:
                with path.open("rb") as file:
                    file.seek(segment.read)
                    data = file.read()
            except FileNotFoundError:  # converted since it was listed
                continue
            data = data[: data.rfind(b"\n") + 1]
            if data:
                segment.tables.append(parse(data)[0].select(COLUMNS))
                segment.read += len(data)
        tables = [table for segment in self._segments.values() for table in segment.tables]
        records = pa.concat_tables([SCHEMA.empty_table().select(COLUMNS), *tables])
        return records.filter(pc.field("model") == model)

    def _stored(
        self, model: str, days: set[str] | None, condition: pc.Expression, place: tuple[Storage, str]
    ) -> pa.Table:
        """Return the rows of parquet files that meet a condition. Raises FileNotFoundError when one was moved."""
        storage, root = place
        folder = f"{root}model={model}"
        if days is None:
            keys = storage.keys(folder)
        else:
            keys = [key for day in sorted(days) for key in storage.keys(f"{folder}/date={day}")]
        keys = prediction_files.current(storage, keys)
        fragments = self._opened(storage, keys)
        dataset = ds.FileSystemDataset(fragments, SCHEMA, ds.ParquetFileFormat()) if fragments else None
        return (dataset.to_table(COLUMNS, condition) if dataset else SCHEMA.empty_table()).select(COLUMNS)

    def _opened(self, storage: Storage, keys: list[str]) -> list[ds.ParquetFileFragment]:
        """Return files with their footers, which are read once."""
        if len(self._fragments) > MAX_FOOTERS:
            self._fragments.clear()
        files: FileSystem | None = None
        fragments = []
        for key in keys:
            url = storage.url(key)
            if url not in self._fragments:
                files = files or storage.arrow()
                self._fragments[url] = ds.ParquetFileFormat().make_fragment(key, files)
                self._fragments[url].ensure_complete_metadata()
            fragments.append(self._fragments[url])
        return fragments
