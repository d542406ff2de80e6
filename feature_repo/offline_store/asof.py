"""A Feast offline store that joins features to entity rows with DuckDB's ASOF join."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from feast import FeatureView, OnDemandFeatureView, RepoConfig
from feast.data_source import DataSource
from feast.feature_logging import LoggingConfig, LoggingSource
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.infra.offline_stores.offline_store import RetrievalJob
from feast.infra.registry.base_registry import BaseRegistry
from feast.monitoring.monitoring_utils import MONITORING_DIR
from feast.repo_config import FeastConfigBaseModel
from feast.utils import compute_non_entity_date_range
from pydantic import PositiveInt, StrictStr

from . import engine, sources, sql, writes
from .feast_statistics import MonitoredOfflineStore
from .job import AsofRetrievalJob
from .pull import pull
from .retrieval import HistoricalRetrieval
from .scan import TWIN, identifier


class AsofOfflineStoreConfig(FeastConfigBaseModel):
    """The `offline_store` section of feature_store.yaml."""

    type: StrictStr = f"{__name__}.AsofOfflineStore"

    memory_limit: StrictStr | None = None
    """The memory that DuckDB may use before it spills to disk, such as "4GB". By default 80 % of the machine's."""

    threads: PositiveInt | None = None
    """The number of DuckDB's threads. By default one per core."""

    engine: Literal["local", "ray", "auto"] = "local"
    """Where features are joined to entity rows: "local" in this process, "ray" in parts on the workers of Ray, "auto"
    on Ray where entity rows and sources have more than `auto_rows` rows."""

    auto_rows: PositiveInt = 20_000_000
    """See `engine`."""

    task_memory_mb: PositiveInt = 1024
    """The MiB that DuckDB may use in one Ray task before it spills to disk. The process takes as much again."""

    task_rows: PositiveInt | None = None
    """How many rows a Ray task takes. By default as many as fit into `task_memory_mb`."""

    scratch_location: StrictStr | None = None
    """Where Ray tasks keep the parts of a join, such as "s3://bucket/scratch". By default in a temporary directory,
    which workers on other machines do not see."""

    scratch_location_endpoint_override: StrictStr | None = None
    """The S3 endpoint of `scratch_location`. By default that of AWS."""

    late_rows: sql.LateRows = "exclude"
    """Whether a row counts before it was created: "exclude" never lets it, "include" is what Feast's stores do."""

    staging_location: StrictStr | None = None
    """Where `to_remote_storage` writes, such as "s3://bucket/staging". Not supported if not given."""

    staging_location_endpoint_override: StrictStr | None = None
    """The S3 endpoint of `staging_location`. By default that of AWS."""

    monitoring_location: StrictStr = MONITORING_DIR
    """The directory of the monitoring metrics, such as "s3://bucket/monitoring". By default in the repository."""

    monitoring_location_endpoint_override: StrictStr | None = None
    """The S3 endpoint of `monitoring_location`. By default that of AWS."""


class AsofOfflineStore(MonitoredOfflineStore):
    """Reads FileSources of parquet files. README.md in this folder explains the semantics."""

    supports_filter_by_created_timestamp = True

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str | None,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        filter_by_created_timestamp: bool = False,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """Return the entity rows, in their order, with the features that were known at the time of each row.

        Args:
            entity_df: a dataframe, or a DuckDB query. None asks for every moment from `start_date` to `end_date` at
                which a feature row arrived; all feature views then need the same join keys.
            filter_by_created_timestamp: exclude late rows from this call, whatever the `late_rows` setting says.
            start_date: by default as long before `end_date` as the longest TTL, or 30 days.
            end_date: by default now.
        """
        retrieval = HistoricalRetrieval(
            config,
            feature_views,
            feature_refs,
            entity_df,
            full_feature_names,
            period=compute_non_entity_date_range(feature_views, start_date, end_date),
            late_rows="exclude" if filter_by_created_timestamp else config.offline_store.late_rows,
        )
        return AsofRetrievalJob(
            engine.chosen(retrieval),
            config,
            describe=retrieval.metadata,
            full_feature_names=full_feature_names,
            on_demand_feature_views=OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry),
        )

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime,
        end_date: datetime,
    ) -> RetrievalJob:
        """Return what the online store should hold at `end_date`, for the keys with an arrival since `start_date`.

        Raises:
            FeastJoinKeysDuringMaterialization: the source has no column for a join key. Raised when the job runs.
        """
        rows = sql.Rows(
            join_key_columns,
            timestamp_field,
            created_timestamp_column or None,
            feature_name_columns,
            late_rows=config.offline_store.late_rows,
        )
        start, end = sql.microseconds(start_date), sql.microseconds(end_date)
        return pull(config, data_source, rows, lambda rows: sql.latest(rows, start, end))

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """Return all rows with an event time in [start_date, end_date].

        Raises:
            FeastJoinKeysDuringMaterialization: the source has no column for a join key. Raised when the job runs.
        """
        rows = sql.Rows(join_key_columns, timestamp_field, created_timestamp_column or None, feature_name_columns)
        start, end = (sql.microseconds(date) if date else None for date in (start_date, end_date))
        return pull(config, data_source, rows, lambda rows: sql.every(rows, start, end))

    @staticmethod
    def offline_write_batch(
        config: RepoConfig, feature_view: FeatureView, table: pa.Table, progress: Callable[[int], Any] | None
    ) -> None:
        """Add rows to the source of a feature view."""
        source = sources.file_source(feature_view.batch_source, f"feature view {feature_view.name!r}")
        writes.append(table, source, sources.path_of(source, config.repo_path))
        if progress:
            progress(table.num_rows)

    @staticmethod
    def write_logged_features(
        config: RepoConfig,
        data: pa.Table | Path,
        source: LoggingSource,
        logging_config: LoggingConfig,
        registry: BaseRegistry,
    ) -> None:
        """Add logged features to the directory of their destination."""
        destination = logging_config.destination
        if not isinstance(destination, FileLoggingDestination):
            raise ValueError(f"This store logs to a FileLoggingDestination, not to a {type(destination).__name__}")
        writes.log_features(data, destination, config.repo_path)

    def get_table_column_names_and_types_from_data_source(
        self, config: RepoConfig, data_source: DataSource
    ) -> Iterable[tuple[str, str]]:
        """Return the columns of a source and their Arrow types; the source may be a file, a glob or a directory."""
        source = sources.file_source(data_source, f"data source {data_source.name!r}")
        with sources.connect(config.offline_store) as connection:
            scan = sources.scan(connection, source, config.repo_path, f"data source {data_source.name!r}")
            names = [name for name, type_ in scan.types.items() if type_ != TWIN]
            columns = ", ".join(f"{scan.column(name)} AS {identifier(name)}" for name in names)
            schema = connection.sql(f"SELECT {columns} FROM {scan.newest()} LIMIT 0").to_arrow_table().schema
            return [(field.name, str(field.type)) for field in schema]
