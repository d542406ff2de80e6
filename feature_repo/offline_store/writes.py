"""Writing parquet: rows of a source, logged features, saved datasets and exports."""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from feast import FileSource
from feast.errors import SavedDatasetLocationAlreadyExists
from feast.infra.offline_stores.file_source import FileLoggingDestination, SavedDatasetFileStorage
from feast.saved_dataset import SavedDatasetStorage
from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from .listing import WILDCARD, data_files
from .sources import stored_names

EXPORT_FILE_BYTES = 64 * 2**20
"""Large enough to read fast, small enough for the memory of one worker."""


def append(table: pa.Table, source: FileSource, path: str) -> None:
    """Add rows to a source.

    A directory gets a new file. A single file is rewritten with the rows at its end, and replaced in one step.

    Raises:
        ValueError: the columns are not the source's, or the source is a glob.
    """
    filesystem, target = locate(path, source.s3_endpoint_override)
    kind = filesystem.get_file_info(target).type
    if kind == FileType.NotFound and WILDCARD.search(path):
        raise ValueError(f"Cannot write to the glob {path!r}: make the source's path the directory of its files")
    files = data_files(filesystem, target, (".parquet",)) if kind == FileType.Directory else [target]
    schema = ds.dataset(files, filesystem=filesystem, format="parquet").schema if files else pa.schema([])
    table = _as_stored(table, schema, source)
    if kind == FileType.Directory:
        # Of equal rows the one in the last file counts, so names sort by time, and after the usual part-0.
        name = f"written-{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex}.parquet"
        pq.write_table(table, f"{target}/{name}", filesystem=filesystem)
        return
    staged = f"{target}.{uuid.uuid4().hex}.tmp"
    with (
        pq.ParquetFile(filesystem.open_input_file(target)) as old,
        pq.ParquetWriter(staged, old.schema_arrow, filesystem=filesystem) as writer,
    ):
        for batch in old.iter_batches():
            writer.write_batch(batch)
        writer.write_table(table)
    filesystem.move(staged, target)


def log_features(
    logs: pa.Table | Path | str, destination: FileLoggingDestination, repo_path: Path | str | None
) -> None:
    """Add logged features, a table or a directory of parquet files, to the directory of a logging destination."""
    path = FileSource.get_uri_for_file_path(repo_path, destination.path)
    filesystem, target = locate(path, destination.s3_endpoint_override)
    ds.write_dataset(
        logs if isinstance(logs, pa.Table) else ds.dataset(logs, format="parquet"),
        target,
        format="parquet",
        filesystem=filesystem,
        basename_template=uuid.uuid4().hex + "-{i}.parquet",
        partitioning=destination.partition_by,
        partitioning_flavor="hive" if destination.partition_by else None,
        existing_data_behavior="overwrite_or_ignore",  # file names are unique, so nothing is overwritten
    )


def save_dataset(
    evaluate: Callable[[], Iterable[pa.Table]],
    storage: SavedDatasetStorage,
    repo_path: Path | str | None,
    allow_overwrite: bool,
) -> None:
    """Write the pieces that `evaluate` returns to `storage`, and remove what was there before.

    A path that ends in .parquet becomes a file, any other path a directory with a file for each piece. `evaluate` runs
    only if its result may be written, and the old data stays until it has succeeded.

    Raises:
        SavedDatasetLocationAlreadyExists: something is there already, and `allow_overwrite` is not set.
        ValueError: the storage is not a SavedDatasetFileStorage.
    """
    if not isinstance(storage, SavedDatasetFileStorage):
        raise ValueError(f"This store saves to a SavedDatasetFileStorage, not to a {type(storage).__name__}")
    path = FileSource.get_uri_for_file_path(repo_path, storage.file_options.uri)
    filesystem, target = locate(path, storage.file_options.s3_endpoint_override)
    existing = filesystem.get_file_info(target).type
    if existing != FileType.NotFound and not allow_overwrite:
        raise SavedDatasetLocationAlreadyExists(location=storage.file_options.uri)
    old = [file.path for file in filesystem.get_file_info(FileSelector(target, recursive=True))
           if file.type == FileType.File] if existing == FileType.Directory else []  # fmt: skip
    if target.endswith(".parquet"):
        filesystem.create_dir(str(Path(target).parent))
        staged = f"{target}.{uuid.uuid4().hex}.tmp"
        _write_file(evaluate(), staged, filesystem)
        if existing == FileType.Directory:
            filesystem.delete_dir(target)
        filesystem.move(staged, target)
        return
    name = uuid.uuid4().hex
    for number, table in enumerate(evaluate()):
        filesystem.create_dir(target)
        pq.write_table(table, f"{target}/{name}-{number:05}.parquet", filesystem=filesystem)
    for path in old:
        filesystem.delete_file(path)


def _write_file(tables: Iterable[pa.Table], target: str, filesystem: FileSystem) -> None:
    """Write tables to one file, one after the other."""
    writer = None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(target, table.schema, filesystem=filesystem)
            writer.write_table(table)
    finally:
        if writer:
            writer.close()


def export(tables: Iterable[pa.Table], location: str, s3_endpoint: str | None) -> list[str]:
    """Write tables to a new directory in `location`, as files of about `EXPORT_FILE_BYTES` before compression.

    Returns:
        The path of each file, in the order of the rows.
    """
    filesystem, target = locate(f"{location.rstrip('/')}/{uuid.uuid4()}", s3_endpoint)
    scheme = "s3://" if location.startswith("s3://") else ""
    filesystem.create_dir(target)
    paths: list[str] = []
    for table in tables:
        rows = max(1, table.num_rows * EXPORT_FILE_BYTES // max(1, table.nbytes))
        for start in range(0, max(1, table.num_rows), rows):
            path = f"{target}/part-{len(paths):05}.parquet"
            pq.write_table(table.slice(start, rows), path, filesystem=filesystem)
            paths.append(scheme + path)
    return paths


def locate(path: str, s3_endpoint: str | None) -> tuple[FileSystem, str]:
    """Return the file system of a path or an s3:// address, and the path in it."""
    filesystem, path = FileSource.create_filesystem_and_path(path, s3_endpoint or "")
    return filesystem or LocalFileSystem(), path


def _as_stored(table: pa.Table, schema: pa.Schema, source: FileSource) -> pa.Table:
    """Return the rows with the column names, the order and the types of the source."""
    stored_name = stored_names(source)
    table = table.rename_columns([stored_name.get(name, name) for name in table.column_names])
    if set(table.column_names) != set(schema.names):
        raise ValueError(
            f"Cannot write columns {sorted(table.column_names)} to {source.path!r}, which has {sorted(schema.names)}"
        )
    return table.select(schema.names).cast(schema)
