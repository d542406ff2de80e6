"""Reading Feast's file sources with DuckDB."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import duckdb
from duckdb import DuckDBPyConnection
from feast import FileSource
from feast.data_format import ParquetFormat
from feast.data_source import DataSource

from .scan import Scan, dated, literal
from .sql import Rows, identifier
from .timeouts import time_limit

TIMES = ("TIMESTAMP", "DATE")
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


def scan(connection: DuckDBPyConnection, source: FileSource, repo_path: Path | str | None) -> Scan:
    """Return what to read of a source: a file, a glob, or a directory and everything below it.

    Its tag `date_partition_column`, which other sources of Feast have as an attribute, names the key of hive partitions
    by the date of the event.
    """
    found = pattern(connection, source, repo_path)
    key = source.tags.get(PARTITION_TAG)
    if not key or "*" not in found:
        return Scan(found)
    paths = connection.sql(f"SELECT file FROM glob({literal(found)})").fetchall()
    return Scan(found, dated([path for (path,) in paths], key))


def pattern(connection: DuckDBPyConnection, source: FileSource, repo_path: Path | str | None) -> str:
    """Return the file or the glob of a source, which the connection then can read."""
    path = path_of(source, repo_path)
    if path.startswith("s3://"):
        use_s3(connection, source)
        is_directory = not path.endswith(".parquet") and "*" not in path
    else:
        is_directory = Path(path).is_dir()
    return path.rstrip("/") + "/**/*.parquet" if is_directory else path


def counts(
    connection: DuckDBPyConnection, scan: Scan, earliest: int | None = None, latest: int | None = None
) -> list[int]:
    """Return the number of rows of each file that is read, in the order of `file_index`. Reads only their footers."""
    files = scan.files(earliest, latest)
    return [rows for (rows,) in connection.sql(f"SELECT num_rows FROM parquet_file_metadata({files})").fetchall()]


def column_types(connection: DuckDBPyConnection, scan: Scan, owner: str, path: str) -> dict[str, str]:
    """Return the DuckDB type of each column of a source, by name. Reads only footers, and of partitions the newest one.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: a file is not parquet.
    """
    try:
        relation = connection.sql(f"FROM {scan.columns()}")
    except duckdb.IOException as error:
        if "No files found" in str(error):
            raise FileNotFoundError(f"{owner} reads {path!r}, where there is no parquet file") from error
        raise ValueError(f"{owner} cannot read {path!r}: {error}") from error
    except duckdb.InvalidInputException as error:
        raise ValueError(f"{owner} cannot read {path!r}: {error}") from error
    return {name: str(type_) for name, type_ in zip(relation.columns, relation.types, strict=True)}


def comparable(rows: Rows, types: dict[str, str], owner: str, path: str) -> Rows:
    """Return the rows with timestamps that DuckDB can compare.

    Args:
        types: the types of the source's columns, as `column_types` returns them.

    Raises:
        ValueError: a column is missing, or a timestamp column holds no timestamps.
    """
    if missing := [column for column in rows.columns if column not in types]:
        raise ValueError(f"{owner} reads {path!r}, which has no column {missing}. Its columns are {sorted(types)}")
    times = [column for column in (rows.timestamp_field, rows.created_timestamp_column) if column]
    for column in times:
        if not types[column].startswith(TIMES):
            raise ValueError(f"{owner} uses {column!r} of {path!r} as a timestamp, but it holds {types[column]}")
    # pandas writes aware nanoseconds by default, and few functions of DuckDB take them.
    unusable = [identifier(column) for column in times if types[column] == "TIMESTAMPTZ_NS"]
    if not unusable:
        return rows
    casts = tuple(f"{column}::TIMESTAMPTZ AS {column}" for column in unusable)
    return replace(rows, scan=replace(rows.scan, replaced=casts))


def use_s3(connection: DuckDBPyConnection, source: FileSource) -> None:
    """Let the connection read s3:// paths through pyarrow, with the credentials and the endpoint that Feast would use.

    DuckDB has an extension for S3, but downloads it on first use. That fails without access to the internet.
    """
    from .object_store import ObjectStore

    if not connection.filesystem_is_registered("s3"):
        endpoint, credentials = source.s3_endpoint_override or "", source.resolve_credentials()
        filesystem, _ = FileSource.create_filesystem_and_path("s3://", endpoint, credentials)
        connection.register_filesystem(ObjectStore(filesystem))
