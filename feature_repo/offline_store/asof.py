"""A Feast offline store on DuckDB's ASOF join: point-in-time correct, late rows included, in the memory of one scan."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from feast import FeatureView, OnDemandFeatureView, RepoConfig
from feast.data_source import DataSource
from feast.feature_logging import LoggingConfig, LoggingSource
from feast.feature_view import DUMMY_ENTITY_ID, DUMMY_ENTITY_VAL
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.infra.offline_stores.offline_store import OfflineStore, RetrievalJob
from feast.infra.registry.base_registry import BaseRegistry
from feast.repo_config import FeastConfigBaseModel
from feast.utils import compute_non_entity_date_range
from pydantic import PositiveInt, StrictStr

from feature_repo.offline_store import sources, sql, writes
from feature_repo.offline_store.job import AsofRetrievalJob
from feature_repo.offline_store.retrieval import HistoricalRetrieval


class AsofOfflineStoreConfig(FeastConfigBaseModel):
    """The `offline_store` section of feature_store.yaml."""

    type: StrictStr = "feature_repo.offline_store.asof.AsofOfflineStore"

    memory_limit: StrictStr | None = None
    """Beyond it DuckDB spills to disk, such as "4GB"; 80 % of the machine's memory if not given."""

    threads: PositiveInt | None = None
    """Threads of DuckDB; one for each core if not given."""


class AsofOfflineStore(OfflineStore):
    """Reads FileSources of parquet files. README.md beside this file tells the semantics."""

    # Rows created after the prediction time never count here, so the flag asks for what happens anyway.
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
        """The entity rows, in their order, with the features that were known at each row's time.

        Args:
            entity_df: a dataframe, or a DuckDB query; None for every moment from `start_date` to `end_date` at which a
                feature row arrived, of views with the same join keys.
            start_date: by default as far before `end_date` as the longest TTL, or 30 days.
            end_date: by default now.
        """
        period = compute_non_entity_date_range(feature_views, start_date, end_date)
        retrieval = HistoricalRetrieval(config, feature_views, feature_refs, entity_df, full_feature_names, period)
        return AsofRetrievalJob(
            retrieval.evaluate,
            config.repo_path,
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
        """What the online store should hold at `end_date`, for the keys with an arrival since `start_date`."""
        columns = (join_key_columns, timestamp_field, created_timestamp_column or None, feature_name_columns)
        start, end = sql.microseconds(start_date), sql.microseconds(end_date)
        return _job(config, data_source, columns, lambda rows: sql.latest(rows, start, end))

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
        """All rows with an event time in [start_date, end_date]."""
        columns = (join_key_columns, timestamp_field, created_timestamp_column or None, feature_name_columns)
        start, end = (sql.microseconds(date) if date else None for date in (start_date, end_date))
        return _job(config, data_source, columns, lambda rows: sql.every(rows, start, end))

    @staticmethod
    def offline_write_batch(
        config: RepoConfig, feature_view: FeatureView, table: pa.Table, progress: Callable[[int], Any] | None
    ) -> None:
        """Add the rows to the feature view's source."""
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
        """Columns and Arrow types of a source, be it a file, a glob or a directory."""
        source = sources.file_source(data_source, f"data source {data_source.name!r}")
        with sources.connect(config.offline_store) as connection:
            schema = connection.sql(f"FROM {sources.scan(connection, source, config.repo_path)} LIMIT 0")
            return [(field.name, str(field.type)) for field in schema.to_arrow_table().schema]


def _job(
    config: RepoConfig,
    data_source: DataSource,
    columns: tuple[list[str], str, str | None, list[str]],
    query: Callable[[sql.Rows], str],
) -> RetrievalJob:
    """A job that runs `query` on the columns of one source; no feature columns mean all columns, as in Feast."""
    owner = f"data source {data_source.name!r}"
    source = sources.file_source(data_source, owner)
    path = sources.path_of(source, config.repo_path)
    join_keys, timestamp_field, created, values = columns

    def evaluate() -> pa.Table:
        with sources.connect(config.offline_store) as connection:
            rows = sql.Rows(
                sources.scan(connection, source, config.repo_path), join_keys, timestamp_field, created, values
            )
            rows, types = sources.check(connection, rows, owner, path)
            if not values:
                rows = replace(rows, values=[column for column in types if column not in rows.columns])
            # One chunk: materialization writes the first chunk of a table and drops the others.
            table = connection.sql(query(rows)).to_arrow_table().combine_chunks()
        # Feast keys the rows of a feature view without entities by a constant.
        return table if join_keys else table.append_column(DUMMY_ENTITY_ID, pa.array([DUMMY_ENTITY_VAL] * len(table)))

    return AsofRetrievalJob(evaluate, config.repo_path)
