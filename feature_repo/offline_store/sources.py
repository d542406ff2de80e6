"""Reading Feast's file sources with DuckDB."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import duckdb
from duckdb import DuckDBPyConnection
from feast import FileSource
from feast.data_format import ParquetFormat
from feast.data_source import DataSource
from pyarrow.fs import FileSystem, FileType, LocalFileSystem

from .listing import data_files, is_data, partition_values, root_of
from .scan import TWIN, Scan, day_of, literal
from .sql import Rows
from .timeouts import time_limit

TIMES = ("TIMESTAMP", "DATE")
PARTITION_TYPES = {  # the first one that all values have; else text
    "DATE": r"regexp_full_match(value, '\d+-\d+-\d+') AND TRY_CAST(value AS DATE) IS NOT NULL",
    "TIMESTAMP": "TRY_CAST(value AS TIMESTAMP) IS NOT NULL",
    "BIGINT": r"regexp_full_match(value, '-?(0|[1-9]\d*)') AND TRY_CAST(value AS BIGINT) IS NOT NULL",
}
NUMBERED = re.compile(r"(.+?)(_\d+)+")
PARTITION_TAG = "date_partition_column"


class Limits(Protocol):
    """What DuckDB may use: the settings of the store. None leaves DuckDB's default."""

    @property
    def memory_limit(self) -> str | None:
        """Such as "4GB"."""

    @property
    def threads(self) -> int | None:
        """How many work at once."""


@contextmanager
def connect(limits: Limits, timeout: float | None = None) -> Iterator[DuckDBPyConnection]:
    """Open an in-memory DuckDB that works in UTC and spills to a temporary directory.

    Args:
        timeout: seconds after which its queries are interrupted; None for no limit.

    Raises:
        TimeoutError: a query was interrupted.
    """
    with tempfile.TemporaryDirectory(prefix="asof-") as spill:
        options = {"memory_limit": limits.memory_limit, "threads": limits.threads, "temp_directory": spill}
        with duckdb.connect(config={k: v for k, v in options.items() if v is not None}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            with time_limit(connection, timeout):
                yield connection


def file_source(source: DataSource | None, owner: str) -> FileSource:
    """Return the source if this store can read it.

    Args:
        owner: who reads it, such as "feature view 'trips'"; for the error message.

    Raises:
        ValueError: there is no source, it is not a FileSource, or its files are not parquet.
    """
    if source is None:
        raise ValueError(f"{owner} has no batch source: give it a FileSource of parquet files")
    if not isinstance(source, FileSource):
        raise ValueError(
            f"{owner} reads a {type(source).__name__}, but this store only reads a FileSource of parquet files"
        )
    if not isinstance(source.file_format or ParquetFormat(), ParquetFormat):
        raise ValueError(
            f"{owner} reads {source.path!r} as {type(source.file_format).__name__}, but this store only reads parquet: "
            "write the data as parquet, or use the duckdb offline store for Delta tables"
        )
    return source


def path_of(source: FileSource, repo_path: Path | str | None) -> str:
    """Return where the files of a source are. Relative paths start at the repository."""
    return FileSource.get_uri_for_file_path(repo_path, source.path)


def stored_names(source: FileSource) -> dict[str, str]:
    """Return the column in the files for each name that the source's field mapping gives."""
    return {name: column for column, name in source.field_mapping.items()}


def scan(connection: DuckDBPyConnection, source: FileSource, repo_path: Path | str | None, owner: str) -> Scan:
    """Return what to read of a source: a file, the files of a pattern, or a directory and everything below it.

    Its tag `date_partition_column`, which other sources of Feast have as an attribute, names the key of hive partitions
    by the date of the event. Reads only footers, and of partitions by date the newest one.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: a file is not parquet.
    """
    path = path_of(source, repo_path)
    root, paths = _files(connection, source, path)
    if not paths:
        raise FileNotFoundError(f"{owner} reads {path!r}, where there is no parquet file")
    folders = [partition_values(file[len(root) :]) for file in paths]
    key = source.tags.get(PARTITION_TAG)
    found = Scan(tuple(paths), tuple(day_of(values.get(key)) for values in folders) if key else ())
    try:
        relation = connection.sql(f"FROM {found.newest()}")
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise ValueError(f"{owner} cannot read {path!r}: {error}") from error
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    if twins := _twins(connection, found, types):
        shared = {_base(name) for name in twins}
        types = {name: type_ for name, type_ in types.items() if _base(name) not in shared} | dict.fromkeys(twins, TWIN)
    in_files = {name.lower() for name in types}
    names = {} if key else dict.fromkeys(name for values in folders for name in values if name.lower() not in in_files)
    partitions = {name: [values.get(name) for values in folders] for name in names}
    types |= {name: _partition_type(connection, values) for name, values in partitions.items()}
    return replace(found, types=types, partitions=partitions)


def _files(connection: DuckDBPyConnection, source: FileSource, path: str) -> tuple[str, list[str]]:
    """Return the root of a source, below which folders may be hive partitions, and its files, sorted."""
    filesystem = open_files(connection, source, path)
    scheme = "s3://" if path.startswith("s3://") else ""
    target = path.removeprefix(scheme)
    kind = filesystem.get_file_info(target).type
    if kind == FileType.Directory:
        return path.rstrip("/"), [scheme + file for file in data_files(filesystem, target, (".parquet",))]
    if kind != FileType.NotFound:
        return path.rpartition("/")[0], [path]
    root = root_of(path)
    found = connection.execute(f"SELECT file FROM glob({literal(path)})").fetchall()
    return root, sorted(file for (file,) in found if is_data(file.removeprefix(f"{root}/")))


def _twins(connection: DuckDBPyConnection, scan: Scan, names: Iterable[str]) -> list[str]:
    """Return the columns of a file whose names differ only in case. DuckDB calls the second of `V` and `v` `v_1`."""
    if len({_base(name) for name in names}) == len(set(names)):
        return []
    schema = connection.sql(f"SELECT name, num_children FROM parquet_schema({scan.newest().files()})").fetchall()
    twins = set[str]()
    for columns in _columns_of_files(schema):
        spellings = Counter(name.lower() for name in columns)
        twins |= {name for name in columns if spellings[_base(name)] > 1}
    return sorted(twins)


def _base(name: str) -> str:
    """Return a column's name in small letters, without the number that DuckDB may have added."""
    numbered = NUMBERED.fullmatch(name.lower())
    return numbered[1] if numbered else name.lower()


def _columns_of_files(schema: list[tuple[str, int | None]]) -> Iterator[list[str]]:
    """Yield the columns of each file. schema: the fields of all files, each with how many it encloses, depth first."""
    columns: list[str] = []
    waiting: list[int] = []  # how many fields are still to come of each that encloses the next
    for name, count in schema:
        if len(waiting) == 1:
            columns.append(name)
        if waiting:
            waiting[-1] -= 1
        waiting.append(count or 0)
        while waiting and not waiting[-1]:
            waiting.pop()
        if not waiting:
            yield columns
            columns = []


def _partition_type(connection: DuckDBPyConnection, values: Sequence[str | None]) -> str:
    """Return the type of a column of hive partitions, as DuckDB finds it."""
    literals = ", ".join(literal(value) for value in sorted({value for value in values if value is not None}))
    fits = ", ".join(f"bool_and({condition})" for condition in PARTITION_TYPES.values())
    found = connection.execute(f"SELECT {fits} FROM (SELECT unnest([{literals}]::VARCHAR[]) AS value)").fetchall()[0]
    return next((type_ for type_, is_type in zip(PARTITION_TYPES, found, strict=True) if is_type), "VARCHAR")


def counts(
    connection: DuckDBPyConnection, scan: Scan, earliest: int | None = None, latest: int | None = None
) -> list[int]:
    """Return the number of rows of each file that is read, in the order of `file_index`. Reads only their footers."""
    files = scan.files(earliest, latest)
    return [rows for (rows,) in connection.sql(f"SELECT num_rows FROM parquet_file_metadata({files})").fetchall()]


def comparable(rows: Rows, owner: str, path: str) -> Rows:
    """Return the rows with timestamps that DuckDB can compare.

    Raises:
        ValueError: a column is missing or has the name of another but for case, or a timestamp column holds no
            timestamps.
    """
    types = rows.scan.types
    if missing := [column for column in rows.columns if column not in types]:
        raise ValueError(f"{owner} reads {path!r}, which has no column {missing}. Its columns are {sorted(types)}")
    if any(types[column] == TWIN for column in rows.columns):
        twins = sorted(name for name, type_ in types.items() if type_ == TWIN)
        raise ValueError(
            f"{owner} reads {path!r}, whose columns {twins} differ only in case: give them names that differ otherwise"
        )
    times = [column for column in (rows.timestamp_field, rows.created_timestamp_column) if column]
    for column in times:
        if not types[column].startswith(TIMES):
            raise ValueError(f"{owner} uses {column!r} of {path!r} as a timestamp, but it holds {types[column]}")
    # pandas writes aware nanoseconds by default, and few functions of DuckDB take them.
    nanoseconds = tuple(column for column in dict.fromkeys(times) if types[column] == "TIMESTAMPTZ_NS")
    partitions = {name: values for name, values in rows.scan.partitions.items() if name in rows.columns}
    return replace(rows, scan=replace(rows.scan, nanoseconds=nanoseconds, partitions=partitions))


def open_files(connection: DuckDBPyConnection, source: FileSource, path: str) -> FileSystem:
    """Return the file system of a path, whose files the connection then can read."""
    return use_s3(connection, source) if path.startswith("s3://") else LocalFileSystem()


def use_s3(connection: DuckDBPyConnection, source: FileSource) -> FileSystem:
    """Let the connection read s3:// paths through pyarrow, with the credentials and the endpoint that Feast would use.

    Returns the file system.

    DuckDB has an extension for S3, but downloads it on first use. That fails without access to the internet.
    """
    from .object_store import ObjectStore

    endpoint, credentials = source.s3_endpoint_override or "", source.resolve_credentials()
    filesystem, _ = FileSource.create_filesystem_and_path("s3://", endpoint, credentials)
    if not connection.filesystem_is_registered("s3"):
        connection.register_filesystem(ObjectStore(filesystem))
    return filesystem
