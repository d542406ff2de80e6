"""Splitting entity rows and sources by a hash of the key, so that equal keys meet in the same part."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from duckdb import DuckDBPyConnection
from feast import FileSource

from .. import entities, sources, sql
from .scratch import Scratch, arrow

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "U")
Files = dict[int, tuple[str, int]]  # part -> its file, and how many rows it has


@dataclass(frozen=True)
class Keys:
    """The keys by which rows are split. Views with the same keys share the parts of the entity rows.

    columns: of the entity rows. types: those of the source, of which the entity rows may have others.
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    parts: int

    @property
    def part(self) -> str:
        """The part of a row with the columns key_0, ...: equal numbers have the same one, whatever their type."""
        keys = [f"key_{i}" for i in range(len(self.types))]
        values = [f"{key}::{comparable(type_)}" for key, type_ in zip(keys, self.types, strict=True)]
        return f"(hash({', '.join(values)}) % {self.parts})::INTEGER"


def comparable(type_: str) -> str:
    """Return the type in which keys are hashed. Keys that DuckDB's join finds equal are equal in it.

    Raises:
        ValueError: no such type is known.
    """
    if type_ == "VARCHAR" or type_.startswith("ENUM"):
        return "VARCHAR"
    if type_.startswith(NUMBERS) and not type_.endswith("[]"):
        return "DOUBLE"  # large integers may share one: they are in one part then, and joined as they are
    if type_.startswith(sources.TIMES):
        return "TIMESTAMP"
    raise ValueError(f"Keys of the type {type_} cannot be split into parts: use the local engine")


@dataclass(frozen=True)
class View:
    """A feature view as the tasks need it. name: of its files."""

    name: str
    source: FileSource
    repo_path: Path | str | None
    rows: sql.Rows
    ttl: timedelta | None
    types: list[str]  # of the values

    @contextmanager
    def connect(self, scratch: Scratch) -> Iterator[DuckDBPyConnection]:
        """Open a connection that can read the source."""
        with sources.connect(scratch) as connection:
            sources.open_files(connection, self.source, sources.path_of(self.source, self.repo_path))
            yield connection


@dataclass(frozen=True)
class Stretch:
    """Some rows of a source: of one of its files, by their numbers in it, both inclusive."""

    number: int
    file: int
    first: int
    last: int

    @property
    def condition(self) -> str:
        """The condition of these rows."""
        return f"file_index = {self.file} AND file_row_number BETWEEN {self.first} AND {self.last}"


def split_entities(
    scratch: Scratch, path: str, timestamp_field: str, number: int, first_row: int, keys: list[Keys]
) -> dict[str, Files]:
    """Split a chunk of entity rows by each of some keys: the number of the row, its time, its keys.

    Returns:
        The files of each key's parts.
    """
    rows, files = entities.EntityRows(scratch.table(path), timestamp_field), {}
    with sources.connect(scratch) as connection:
        for key in keys:
            connection.register("entity", rows.keyed(list(key.columns)))
            query = f"SELECT * REPLACE (row + {first_row} AS row), {key.part} AS part FROM entity ORDER BY part, t"
            split = arrow(connection, query)
            files[key.name] = scratch.write_parts(split, "part", f"entities/{key.name}/{{part}}/{number:05}")
    return files


def split_source(
    scratch: Scratch, view: View, stretch: Stretch, keys: Keys, bounds: tuple[int | None, int | None]
) -> Files:
    """Split a stretch of a view's source, with the times of its rows and their places in the files, which decide ties.

    Args:
        bounds: the least and the greatest event time that counts.
    """
    with view.connect(scratch) as connection:
        read = sql.source(view.rows, *bounds, stretch.condition)
        split = arrow(
            connection, f"WITH source AS (\n{read}\n)\nSELECT *, {keys.part} AS part FROM source ORDER BY part, arrival"
        )
    return scratch.write_parts(split, "part", f"sources/{view.name}/{{part}}/{stretch.number:05}")
