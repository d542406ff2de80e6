"""Build the features of the days that changed since the last build: the tables are as if all had been built.

FEATURE_WINDOW makes that possible: from the first day that changed on, less the window, all is built again; what is
before it is kept.
"""

import importlib.metadata
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from capstan import catalogue
from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET, Capstone
from capstan.contract.feature_window import FeatureWindow
from capstan.data.batches import Batches
from capstan.data.files import atomic_write, digest, write_table
from capstan.errors import CapstanError
from capstan.notes import note
from capstan.profile import profile
from capstan.versions.code import files, imported
from components.build_features.days import ALL, NONE, days, first_change
from components.build_features.kept import Kept, moments
from feature_repo.store import published

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables

LIBRARIES = ("duckdb", "feast", "numpy", "pandas", "pyarrow")
MARGIN = timedelta(days=1)  # of what is kept, so much is built again and compared
NEVER = datetime.fromisoformat(NONE).replace(tzinfo=UTC)


class Rebuild(Exception):
    """Nothing of the last build can be kept. The message says why."""


class Build:
    """A build of a capstone's feature tables and training set.

    tables: the raw ones, and the folder that they were read from. features, training_set: the files to write.
    join: returns entity rows with their features, from the files in `features`.
    """

    def __init__(
        self, task: Capstone, folder: Path, tables: "Tables", features: Path, training_set: Path,
        join: "Callable[[pd.DataFrame], pd.DataFrame]",
    ):  # fmt: skip
        self.task, self.folder, self.tables = task, folder, tables
        self.features, self.training_set, self.join = features, training_set, join
        self.window = cast(FeatureWindow, task.FEATURE_WINDOW)

    def run(self) -> None:
        """Write all tables, in order of time, and keep them for the next build."""
        kept = Kept(profile().storage(), f"{published(self.task.name)}/built")
        made_of = {"code": _code(self.task.name), "days": days(self.folder, self.window.times)}
        since: datetime | None = None
        try:
            since = self._first(kept.made_of, made_of)
            tables = self._made(kept.tables(), since)
            if since < NEVER:
                note(f"The features before {since:%Y-%m-%d %H:%M} are as they were: those since then are built.")
        except Exception as error:  # a part of the rows may be too few for what all of them do; else it fails again
            if kept.made_of:
                note(f"All features of {self.task.name} are built: {error}.")
            since, tables = None, self._made({}, None)
        kept.write(tables, made_of, since)

    def _first(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> datetime:
        """Return the instant from which on rows may be others than in the last build. Raises Rebuild."""
        if before.get("code") != now["code"]:
            raise Rebuild("their code has changed")
        first = first_change(before["days"], now["days"])
        if first == ALL:
            raise Rebuild("rows without a time have changed")
        return NEVER if first == NONE else datetime.fromisoformat(first).replace(tzinfo=UTC) - self.window.ahead

    def _made(self, held: Mapping[str, pa.Table], since: datetime | None) -> dict[str, pa.Table]:
        """Write and return all tables. held, since: those of the last build, whose rows before an instant are kept."""
        if since == NEVER:
            for name, table in held.items():
                _write(table, self._path(name))
            return dict(held)
        start = since - MARGIN if since else None
        tables = self._within(start - self.window.back) if start else self.tables
        written = {
            name: _continued(_in_order(rows, start), self._path(name), held.get(name), since)
            for name, rows in self.task.feature_tables(tables).items()
        }
        rows = _in_order(self.task.entity_rows(tables), start)
        rows = self.join(rows) if len(rows) or not held else held[TRAINING_SET].schema.empty_table().to_pandas()
        written[TRAINING_SET] = _continued(rows, self.training_set, held.get(TRAINING_SET), since)
        return written

    def _within(self, start: datetime) -> "Tables":
        """Return the raw rows from an instant on, and those without a time. Raises Rebuild where a table has none."""
        import pandas as pd

        tables = dict(self.tables)
        for name, column in self.window.times.items():
            if isinstance(tables[name], Batches):
                raise Rebuild(f"the table {name} comes in batches")
            times = pd.to_datetime(tables[name][column], utc=True)
            tables[name] = tables[name][(times >= start) | times.isna()].reset_index(drop=True)
            if tables[name].empty:
                raise Rebuild(f"the table {name} has no rows since {start:%Y-%m-%d}")
        return tables

    def _path(self, name: str) -> Path:
        return self.training_set if name == TRAINING_SET else self.features / f"{name}.parquet"


def _continued(rows: "pd.DataFrame", path: Path, held: pa.Table | None, since: datetime | None) -> pa.Table:
    """Write and return held rows until an instant, and then new ones. Raises Rebuild where they do not meet.

    rows: also those of the MARGIN before the instant, which have to be as they are held.
    """
    write_table(rows, path)
    table = pq.read_table(path, memory_map=False)
    if held is None or since is None:
        return table
    if [_type(field, held.schema) for field in table.schema] != [*held.schema]:
        raise Rebuild(f"the types of {path.stem} have changed")
    table = table.cast(held.schema)
    again, before = table.slice(0, _place(table, since)), held.slice(0, _place(held, since))
    if _content(again) != _content(before.slice(_place(before, since - MARGIN))):
        raise Rebuild(f"FEATURE_WINDOW is too short, for rows of {path.stem} before {since:%Y-%m-%d} are others now")
    whole = pa.concat_tables([before, table.slice(len(again))])
    _write(whole, path)
    return whole


def _in_order(rows: "pd.DataFrame", start: datetime | None) -> "pd.DataFrame":
    """Return rows from an instant on in order of time, those of the same time as they were. One without a time is
    left out: it would never count.
    """
    if EVENT_TIMESTAMP not in rows:
        raise CapstanError(f"With FEATURE_WINDOW each feature table and the entity rows need {EVENT_TIMESTAMP!r}.")
    rows = rows[rows[EVENT_TIMESTAMP].notna()].sort_values(EVENT_TIMESTAMP, kind="stable", ignore_index=True)
    if start is None:
        return rows
    import pandas as pd

    return rows[pd.to_datetime(rows[EVENT_TIMESTAMP], utc=True) >= start]


def _place(table: pa.Table, instant: datetime) -> int:
    """Return the place of the first row from an instant on, of a table in order of time."""
    return int(np.searchsorted(moments(table), np.datetime64(instant.astimezone(UTC).replace(tzinfo=None))))


def _type(field: pa.Field, held: pa.Schema) -> pa.Field:
    """Return the field that is held where a new one has no values, which leave its type open."""
    place = held.get_field_index(field.name)
    return held.field(place) if pa.types.is_null(field.type) and place >= 0 else field


def _content(rows: pa.Table) -> bytes:
    """Return rows as bytes, by which NaN equals NaN."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows.combine_chunks().replace_schema_metadata(None), sink)
    return bytes(sink.getvalue())


def _write(table: pa.Table, path: Path) -> None:
    with atomic_write(path) as partial:
        pq.write_table(table, partial)


def _code(capstone: str) -> str:
    """Return the digest of the code behind the features, and of the libraries that it uses most."""
    roots = [*files("components.build_features.core"), *catalogue.entry_points(capstone)]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    return digest(*imported(roots), *versions, platform.python_version())
