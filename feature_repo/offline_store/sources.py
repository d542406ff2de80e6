"""From a Feast FileSource to the rows that DuckDB reads."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection
from feast import FileSource
from feast.data_format import ParquetFormat
from feast.data_source import DataSource

from feature_repo.offline_store.sql import Rows, identifier, literal

TIMES = ("TIMESTAMP", "DATE")


@contextmanager
def connect(limits: Any) -> Iterator[DuckDBPyConnection]:
    """An in-memory DuckDB that works in UTC and spills to a directory of its own, both gone afterwards.

    Args:
        limits: has `memory_limit` and `threads`, None for DuckDB's defaults: the store's configuration.
    """
    with tempfile.TemporaryDirectory(prefix="asof-") as spill:
        settings = {"memory_limit": limits.memory_limit, "threads": limits.threads, "temp_directory": spill}
        with duckdb.connect(config={k: v for k, v in settings.items() if v is not None}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
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


def check(connection: DuckDBPyConnection, rows: Rows, owner: str, path: str) -> tuple[Rows, dict[str, str]]:
    """The rows in a form that DuckDB can compare, and the types of all columns of their source by name.

    Reads the files' footers only.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: a file is no parquet, a column is missing, or a timestamp column holds no timestamps.
    """
    try:
        relation = connection.sql(f"FROM {rows.scan}")
    except duckdb.IOException as error:
        if "No files found" in str(error):
            raise FileNotFoundError(f"{owner} reads {path!r}, where there is no parquet file") from error
        raise ValueError(f"{owner} cannot read {path!r}: {error}") from error
    except duckdb.InvalidInputException as error:
        raise ValueError(f"{owner} cannot read {path!r}: {error}") from error
    types = {name: str(type_) for name, type_ in zip(relation.columns, relation.types, strict=True)}
    if missing := [column for column in rows.columns if column not in types]:
        raise ValueError(f"{owner} reads {path!r}, which has no column {missing}; it has {sorted(types)}")
    times = [column for column in (rows.timestamp_field, rows.created_timestamp_column) if column]
    for column in times:
        if not types[column].startswith(TIMES):
            raise ValueError(f"{owner} takes {column!r} of {path!r} for its time, but it holds {types[column]}")
    # Hardly any function of DuckDB takes aware nanoseconds, which is what pandas writes unless told otherwise.
    unusable = [identifier(column) for column in times if types[column] == "TIMESTAMPTZ_NS"]
    if unusable:
        casts = ", ".join(f"{column}::TIMESTAMPTZ AS {column}" for column in unusable)
        rows = replace(rows, scan=f"(SELECT * REPLACE ({casts}), file_index, file_row_number FROM {rows.scan})")
    return rows, types


def _use_s3(connection: DuckDBPyConnection, source: FileSource) -> None:
    """Let the connection read s3:// paths through pyarrow, with the credentials and endpoint Feast itself would use.

    DuckDB's own httpfs is downloaded on first use, which a cluster without a way out cannot do.
    """
    from fsspec.implementations.arrow import ArrowFSWrapper

    if not connection.filesystem_is_registered("s3"):
        endpoint, credentials = source.s3_endpoint_override, source.resolve_credentials()
        filesystem, _ = FileSource.create_filesystem_and_path("s3://", endpoint, credentials)
        connection.register_filesystem(ArrowFSWrapper(filesystem))
