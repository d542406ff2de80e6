"""The parquet files that keep the monitoring metrics, one file per type of metric."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from feast import FileSource, RepoConfig
from feast.monitoring.monitoring_utils import monitoring_parquet_meta
from pyarrow.fs import FileSystem, FileType, LocalFileSystem

from .scan import identifier
from .writes import locate

TYPES = {
    "metric_date": "DATE",
    **dict.fromkeys(["computed_at", "max_event_timestamp", "started_at", "completed_at"], "TIMESTAMPTZ"),
    "is_baseline": "BOOLEAN",
    **dict.fromkeys(["row_count", "null_count", "total_row_count"], "BIGINT"),
    **dict.fromkeys(["total_features", "total_feature_views", "features_with_nulls"], "BIGINT"),
    **dict.fromkeys(["null_rate", "avg_null_rate", "max_null_rate"], "DOUBLE"),
    **dict.fromkeys(["mean", "stddev", "min_val", "max_val", "p50", "p75", "p90", "p95", "p99"], "DOUBLE"),
}
"""The DuckDB types of the columns that are not text."""


@dataclass(frozen=True)
class MetricsFile:
    """The file of one type of metric, with the name and the columns that it has in Feast's own file stores.

    Args:
        key: the columns that identify a row.
    """

    filesystem: FileSystem
    path: str
    columns: list[str]
    key: list[str]

    @classmethod
    def of(cls, config: RepoConfig, metric_type: str) -> "MetricsFile":
        """Return the file of a metric type: "feature", "feature_view", "feature_service" or "job".

        Raises:
            ValueError: there is no such type.
        """
        name, columns, key = monitoring_parquet_meta(metric_type)
        settings = config.offline_store
        directory = FileSource.get_uri_for_file_path(config.repo_path, settings.monitoring_location)
        path = f"{directory.rstrip('/')}/{name}"
        return cls(*locate(path, settings.monitoring_location_endpoint_override), columns, key)

    @property
    def exists(self) -> bool:
        return bool(self.filesystem.get_file_info(self.path).type == FileType.File)

    def load(self, connection: DuckDBPyConnection) -> None:
        """Create the table `stored` of the rows in the file. Without a file the table is empty."""
        stored = pq.read_table(self.path, filesystem=self.filesystem) if self.exists else pa.table({})
        self.create_table(connection, "stored", stored)

    def create_table(self, connection: DuckDBPyConnection, name: str, rows: pa.Table) -> None:
        """Create a table of `rows` with the columns of the file. Columns that are missing in `rows` are null."""
        casts = [
            f"{identifier(c) if c in rows.column_names else 'NULL'}::{TYPES.get(c, 'VARCHAR')} AS {identifier(c)}"
            for c in self.columns
        ]
        source = "given" if rows.num_columns else "(SELECT 1 LIMIT 0)"
        if rows.num_columns:
            connection.register("given", rows)
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT {', '.join(casts)} FROM {source}")

    def replace(self, rows: pa.Table) -> None:
        """Replace the rows of the file in one step: readers see either the old or the new ones."""
        self.filesystem.create_dir(str(Path(self.path).parent))
        staged = f"{self.path}.{uuid.uuid4().hex}.tmp"
        pq.write_table(rows, staged, filesystem=self.filesystem)
        self.filesystem.move(staged, self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process or thread at a time change a local file. In an object store nothing is locked."""
        if not isinstance(self.filesystem, LocalFileSystem):
            yield
            return
        import fcntl  # not on Windows, where the rest of the store works

        lock = Path(f"{self.path}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
