"""From a Feast FileSource to the rows that DuckDB reads."""

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

from .sql import Rows, identifier, literal
from .timeouts import time_limit

TIMES = ("TIMESTAMP", "DATE")


class Limits(Protocol):
    """What DuckDB may use: the settings of the store. None leaves DuckDB's default."""

    memory_limit: str | None
    threads: int | None


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
    """The source as one this store can read.

    Args:
        owner: who reads it, for the message: "feature view 'trips'".

    Raises:
        ValueError: the source is missing, of another kind, or not parquet.
    """
    if source is None:
        raise ValueError(f"{owner} has no batch source: give it a FileSource of parquet files")
    if not isinstance(source, FileSource):
        raise ValueError(
            f"{owner} reads a {type(source).__name__}, this store reads a FileSource of parquet files only"
        )
    if not isinstance(source.file_format or ParquetFormat(), ParquetFormat):
        raise ValueError(
            f"{owner} reads {source.path!r} as {type(source.file_format).__name__}, this store reads parquet only: "
            "write the data as parquet, or use the duckdb offline store for Delta tables"
        )
    return source


def path_of(source: FileSource, repo_path: Path | str | None) -> str:
    """Where the source's files are, relative to the repository."""
    return FileSource.get_uri_for_file_path(repo_path, source.path)


def scan(connection: DuckDBPyConnection, source: FileSource, repo_path: Path | str | None) -> str:
    """A DuckDB table expression over the source: a file, a glob, or a directory and all below it."""
    path = path_of(source, repo_path)
    if path.startswith("s3://"):
        _use_s3(connection, source)
        is_directory = not path.endswith(".parquet") and "*" not in path
    else:
        is_directory = Path(path).is_dir()
    pattern = path.rstrip("/") + "/**/*.parquet" if is_directory else path
    # Files of one source may have been written before a column was added: by name, and null where it is missing.
    return f"read_parquet({literal(pattern)}{', union_by_name = true' if '*' in pattern else ''})"


def column_types(connection: DuckDBPyConnection, scan: str, owner: str, path: str) -> dict[str, str]:
    """The DuckDB types of a source's columns by name. Reads only the footers of the files.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: a file is not parquet.
    """
    try:
        relation = connection.sql(f"FROM {scan}")
    except duckdb.IOException as error:
        if "No files found" in str(error):
            raise FileNotFoundError(f"{owner} reads {path!r}, where there is no parquet file") from error
        raise ValueError(f"{owner} cannot read {path!r}: {error}") from error
    except duckdb.InvalidInputException as error:
        raise ValueError(f"{owner} cannot read {path!r}: {error}") from error
    return {name: str(type_) for name, type_ in zip(relation.columns, relation.types, strict=True)}


def comparable(rows: Rows, types: dict[str, str], owner: str, path: str) -> Rows:
    """The rows with timestamps that DuckDB can compare.

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
            raise ValueError(f"{owner} takes {column!r} of {path!r} for its time, but it holds {types[column]}")
    # pandas writes aware nanoseconds by default, and few functions of DuckDB take them.
    unusable = [identifier(column) for column in times if types[column] == "TIMESTAMPTZ_NS"]
    if not unusable:
        return rows
    casts = ", ".join(f"{column}::TIMESTAMPTZ AS {column}" for column in unusable)
    return replace(rows, scan=f"(SELECT * REPLACE ({casts}), file_index, file_row_number FROM {rows.scan})")


def _use_s3(connection: DuckDBPyConnection, source: FileSource) -> None:
    """Let the connection read s3:// paths through pyarrow, with the credentials and endpoint Feast itself would use.

    DuckDB's own httpfs is downloaded on first use, which a cluster without a way out cannot do.
    """
    from fsspec.implementations.arrow import ArrowFSWrapper

    if not connection.filesystem_is_registered("s3"):
        endpoint, credentials = source.s3_endpoint_override or "", source.resolve_credentials()
        filesystem, _ = FileSource.create_filesystem_and_path("s3://", endpoint, credentials)
        connection.register_filesystem(ArrowFSWrapper(filesystem))
