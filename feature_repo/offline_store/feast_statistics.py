"""The monitoring hooks of Feast's OfflineStore: computing metrics of features, and keeping them."""

import json
import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from feast import RepoConfig
from feast.data_source import DataSource
from feast.infra.offline_stores.offline_store import OfflineStore
from feast.monitoring.monitoring_utils import normalize_monitoring_row

from . import metrics_sql, sources, sql
from .metrics_file import MetricsFile
from .scan import identifier, literal
from .statistics import Metric, Statistics

logger = logging.getLogger(__name__)

METRIC_TYPES = ("feature", "feature_view", "feature_service", "job")


class MonitoredOfflineStore(OfflineStore):
    """Computes metrics in DuckDB and keeps them in the parquet files of `MetricsFile`."""

    @staticmethod
    def compute_monitoring_metrics(
        config: RepoConfig,
        data_source: DataSource,
        feature_columns: list[tuple[str, str]],
        timestamp_field: str,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        histogram_bins: int = 20,
        top_n: int = 10,
    ) -> list[Metric]:
        """Compute the statistics of features over the rows with an event time in [start_date, end_date].

        Args:
            feature_columns: the names of the features, each with "numeric" or "categorical". A feature without a column
                is skipped with a warning; a feature of another kind is skipped.

        Returns:
            One metric per feature, equal to that of Feast's MetricsCalculator. NaN counts as null, and infinite numbers
            are left out of the statistics; the calculator fails on both.
        """
        owner = f"data source {data_source.name!r}"
        source = sources.file_source(data_source, owner)
        path = sources.path_of(source, config.repo_path)
        stored = sources.stored_names(source)
        start, end = (sql.microseconds(moment) if moment else None for moment in (start_date, end_date))
        with sources.connect(config.offline_store) as connection:
            scan = sources.scan(connection, source, config.repo_path, owner)
            types = scan.types
            columns = {name: stored.get(name, name) for name, _ in feature_columns}
            if missing := sorted(name for name, column in columns.items() if column not in types):
                logger.warning("%s has no column for the features %s, which are skipped", owner, missing)
            kinds: dict[str, dict[str, str]] = {"numeric": {}, "categorical": {}}
            for name, kind in feature_columns:
                if columns[name] in types and kind in kinds:
                    kinds[kind][name] = columns[name]
            used = [column for of_kind in kinds.values() for column in of_kind.values()]
            rows = sql.Rows([], stored.get(timestamp_field, timestamp_field), values=used, scan=scan)
            statistics = Statistics(connection, sources.comparable(rows, owner, path), types, start, end)
            metrics = [
                *statistics.numeric(kinds["numeric"], histogram_bins),
                *statistics.categorical(kinds["categorical"], top_n),
            ]
        order = list(columns)
        return sorted(metrics, key=lambda metric: order.index(metric["feature_name"]))

    @staticmethod
    def get_monitoring_max_timestamp(
        config: RepoConfig, data_source: DataSource, timestamp_field: str
    ) -> datetime | None:
        """Return the greatest event time of a source in UTC. None if it has no rows, or no files yet."""
        owner = f"data source {data_source.name!r}"
        source = sources.file_source(data_source, owner)
        path = sources.path_of(source, config.repo_path)
        stored = sources.stored_names(source)
        with sources.connect(config.offline_store) as connection:
            try:
                scan = sources.scan(connection, source, config.repo_path, owner)
            except FileNotFoundError:
                return None
            rows = sql.Rows([], stored.get(timestamp_field, timestamp_field), scan=scan)
            newest = connection.sql(metrics_sql.newest(sources.comparable(rows, owner, path))).fetchall()[0][0]
        return None if newest is None else sql.EPOCH + timedelta(microseconds=newest)

    @staticmethod
    def ensure_monitoring_tables(config: RepoConfig) -> None:
        """Write an empty file for each type of metric that has no file."""
        for metric_type in METRIC_TYPES:
            file = MetricsFile.of(config, metric_type)
            if not file.exists:
                _rewrite(config, file, "FROM stored")

    @staticmethod
    def save_monitoring_metrics(config: RepoConfig, metric_type: str, metrics: list[Metric]) -> None:
        """Add metrics to the file of their type. A metric replaces the one with the same key."""
        if not metrics:
            return
        file = MetricsFile.of(config, metric_type)
        rows = {tuple(metric.get(column) for column in file.key): _as_row(metric, file.columns) for metric in metrics}
        key = ", ".join(map(identifier, file.key))
        query = f"FROM stored ANTI JOIN added USING ({key}) UNION ALL BY NAME FROM added"
        _rewrite(config, file, query, added=pa.Table.from_pylist(list(rows.values())))

    @staticmethod
    def query_monitoring_metrics(
        config: RepoConfig,
        project: str,
        metric_type: str,
        filters: dict[str, Any] | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> list[Metric]:
        """Return the metrics of a project, oldest first, with times as ISO text and histograms as objects.

        Args:
            project: empty for all projects.
            filters: the values that columns must have; None matches everything.
            start_date, end_date: bounds on the date of the metric, both inclusive.

        Raises:
            ValueError: there is no such type of metric, or no such column.
        """
        file = MetricsFile.of(config, metric_type)
        if unknown := sorted(set(filters or {}) - set(file.columns)):
            raise ValueError(f"Metrics of type {metric_type!r} have no column {unknown}, only {file.columns}")
        equal = {"project_id": project or None, **(filters or {})}
        conditions = {f"{identifier(column)} = ?": value for column, value in equal.items()}
        conditions |= {"metric_date >= ?": start_date, "metric_date <= ?": end_date}
        used = {condition: value for condition, value in conditions.items() if value is not None}
        order = ", ".join(map(identifier, dict.fromkeys(["metric_date", *file.key])))
        query = f"FROM stored WHERE {' AND '.join(used) or 'TRUE'} ORDER BY {order}"
        with sources.connect(config.offline_store) as connection:
            file.load(connection)
            rows = connection.sql(query, params=list(used.values())).to_arrow_table().to_pylist()
        return [normalize_monitoring_row(row) for row in rows]

    @staticmethod
    def clear_monitoring_baseline(
        config: RepoConfig,
        project: str,
        feature_view_name: str | None = None,
        feature_name: str | None = None,
        data_source_type: str | None = None,
    ) -> None:
        """Mark the matching feature metrics as no baseline; None matches everything."""
        file = MetricsFile.of(config, "feature")
        if not file.exists:
            return
        matched = {
            "project_id": project,
            "feature_view_name": feature_view_name,
            "feature_name": feature_name,
            "data_source_type": data_source_type,
        }
        conditions = [f"{c} = {literal(value)}" for c, value in matched.items() if value is not None]
        cleared = f"is_baseline AND NOT coalesce({' AND '.join(conditions)}, FALSE)"
        _rewrite(config, file, f"SELECT * REPLACE ({cleared} AS is_baseline) FROM stored")


def _rewrite(config: RepoConfig, file: MetricsFile, query: str, added: pa.Table | None = None) -> None:
    """Replace the rows of a file by the result of a query over the tables `stored` and, if given, `added`."""
    with file.locked(), sources.connect(config.offline_store) as connection:
        file.load(connection)
        if added is not None:
            file.create_table(connection, "added", added)
        file.replace(connection.sql(query).to_arrow_table())


def _as_row(metric: Metric, columns: list[str]) -> Metric:
    """Return the metric as a row of its file: the histogram is JSON, and naive times are in UTC."""
    row = {column: metric.get(column) for column in columns}
    for column, value in row.items():
        if isinstance(value, dict | list):
            row[column] = json.dumps(value)
        elif isinstance(value, datetime) and value.tzinfo is None:
            row[column] = value.replace(tzinfo=UTC)
    return row
