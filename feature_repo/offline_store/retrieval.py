"""Historical retrieval: entity rows, then one ASOF join for each feature view."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection
from feast import FeatureView, FileSource, RepoConfig
from feast.errors import FeastEntityDFMissingColumnsError
from feast.feature_view import DUMMY_ENTITY_ID
from feast.infra.offline_stores.offline_store import RetrievalMetadata
from feast.infra.offline_stores.offline_utils import DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL

from . import entities, sources, sql
from .entities import EntityRows
from .keys import check as check_keys
from .scan import Scan


@dataclass(frozen=True)
class ViewFeatures:
    """The features to read from one feature view, under the names of Feast and of its source."""

    owner: str
    source: FileSource
    join_keys: dict[str, str]  # column of the entity dataframe -> of the source
    features: dict[str, str]  # column of the result -> of the source
    ttl: timedelta | None

    @classmethod
    def of(cls, view: FeatureView, feature_refs: list[str], full_feature_names: bool) -> "ViewFeatures":
        """Return the features of this view that are in `feature_refs`, such as "view:feature"."""
        owner = f"feature view {view.name!r}"
        source = sources.file_source(view.batch_source, owner)
        stored = sources.stored_names(source)
        prefix = f"{view.projection.name_alias or view.name}__" if full_feature_names else ""
        names = [ref.split(":", 1)[1] for ref in feature_refs if ref.startswith(f"{view.projection.name_to_use()}:")]
        keys = [column.name for column in view.entity_columns if column.name != DUMMY_ENTITY_ID]
        return cls(
            owner,
            source,
            {view.projection.join_key_map.get(key, key): stored.get(key, key) for key in keys},
            {prefix + name: stored.get(name, name) for name in names},
            view.ttl or None,
        )

    def rows(self, scan: Scan, late_rows: sql.LateRows) -> sql.Rows:
        """Return the columns to read. The source may name its timestamps as they are before or after the mapping."""
        stored = sources.stored_names(self.source)
        event, created = self.source.timestamp_field, self.source.created_timestamp_column
        return sql.Rows(
            list(self.join_keys.values()),
            stored.get(event, event),
            stored.get(created, created) or None,
            list(self.features.values()),
            late_rows,
            scan,
        )


class HistoricalRetrieval:
    """A call of get_historical_features. Its arguments are checked at once; data is read by `evaluate` and `metadata`.

    Args:
        entity_df: a dataframe, or a DuckDB query. None asks for each moment in `period` at which a row arrived.
        period: first and last moment, both inclusive; not used with an `entity_df`.
        late_rows: "include" counts rows from their event time on, "exclude" not before they were created.

    Raises:
        ValueError: `entity_df` is neither, or without it the feature views have different join keys.
        FeastEntityDFMissingColumnsError: the dataframe has no column for a join key.
    """

    def __init__(
        self,
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str | None,
        full_feature_names: bool,
        period: tuple[datetime, datetime],
        late_rows: sql.LateRows,
    ):
        self.config = config
        self.feature_refs = feature_refs
        self.views = [ViewFeatures.of(view, feature_refs, full_feature_names) for view in feature_views]
        self.entities: EntityRows | str | None = entity_df
        self.period = period
        self.late_rows = late_rows
        if isinstance(entity_df, pd.DataFrame):
            self.entities = entities.from_pandas(entity_df)
            self._check_names(self.entities)
        elif not isinstance(entity_df, str | None):
            raise ValueError(f"entity_df is a {type(entity_df).__name__}: give a pandas dataframe or a DuckDB query")
        elif entity_df is None and len({tuple(sorted(view.join_keys)) for view in self.views}) > 1:
            keys = {view.owner: list(view.join_keys) for view in self.views}
            raise ValueError(f"Without an entity dataframe, all feature views need the same join keys, not {keys}")

    def evaluate(self, timeout: float | None = None) -> pa.Table:
        """Return the columns of the entity rows, then the features of one view after the other.

        Args:
            timeout: seconds after which a running query is interrupted; None for no limit.
        """
        with sources.connect(self.config.offline_store, timeout) as connection:
            inputs = self.inputs(connection)
            rows = self._entity_rows(connection, inputs)
            self.check(rows, inputs)
            result = rows.table
            for view, (source_rows, _) in zip(self.views, inputs, strict=True):
                columns = join(connection, rows, list(view.join_keys), source_rows, view.ttl)
                for name, column in zip(view.features, columns, strict=True):
                    result = result.append_column(name, column)
        return result

    def inputs(self, connection: DuckDBPyConnection) -> list[tuple[sql.Rows, dict[str, str]]]:
        """Return what to read for each view, and the types of all columns of its source."""
        return [self._source_rows(connection, view) for view in self.views]

    def check(self, rows: EntityRows, inputs: list[tuple[sql.Rows, dict[str, str]]], first_row: int = 0) -> None:
        """Check all views before joining the first, so that nobody waits for an error in the last one."""
        self._check_names(rows)
        for view, (_, types) in zip(self.views, inputs, strict=True):
            for name, column in view.join_keys.items():
                asked = f"{view.owner} joins {name!r} of the entity dataframe"
                source = f"{column!r} of {view.source.path!r}"
                check_keys(rows.table[name], types[column], first_row, asked, source)

    def entity_query(self, inputs: list[tuple[sql.Rows, dict[str, str]]]) -> str:
        """Return the query of the entity rows, where they are not a dataframe."""
        if isinstance(self.entities, str):
            return self.entities
        start, end = map(sql.microseconds, self.period)
        keyed = [(rows, list(view.join_keys)) for (rows, _), view in zip(inputs, self.views, strict=True)]
        return sql.arrivals(keyed, start, end, DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL)

    def metadata(self) -> RetrievalMetadata:
        """Return what a saved dataset records about its origin. Runs the entity query, if there is one."""
        if self.entities is None:
            return RetrievalMetadata(self.feature_refs, list(self.views[0].join_keys), *self.period)
        with sources.connect(self.config.offline_store) as connection:
            rows = self._entity_rows(connection, [])
        keys = [column for column in rows.table.column_names if column != rows.timestamp_field]
        times = rows.table.select([rows.timestamp_field]).to_pandas()[rows.timestamp_field].dropna()
        first, last = (times.min().to_pydatetime(), times.max().to_pydatetime()) if len(times) else (None, None)
        return RetrievalMetadata(self.feature_refs, keys, first, last)

    def _source_rows(self, connection: DuckDBPyConnection, view: ViewFeatures) -> tuple[sql.Rows, dict[str, str]]:
        """Return what to read for a view, and the types of all columns of its source."""
        scan = sources.scan(connection, view.source, self.config.repo_path, view.owner)
        path = sources.path_of(view.source, self.config.repo_path)
        return sources.comparable(view.rows(scan, self.late_rows), view.owner, path), scan.types

    def _entity_rows(self, connection: DuckDBPyConnection, inputs: list[tuple[sql.Rows, dict[str, str]]]) -> EntityRows:
        if isinstance(self.entities, EntityRows):
            return self.entities
        return entities.from_query(connection, self.entity_query(inputs))

    def _check_names(self, rows: EntityRows) -> None:
        """Check that each join key is a column of the entity rows, and that no name would be twice in the result."""
        columns = rows.table.column_names
        keys = {key for view in self.views for key in view.join_keys}
        if missing := keys - set(columns):
            raise FeastEntityDFMissingColumnsError(keys, missing)
        counts = Counter([*columns, *(name for view in self.views for name in view.features)])
        if twice := sorted(name for name, count in counts.items() if count > 1):
            raise ValueError(
                f"The result would have two columns named {twice}, from the entity dataframe or from feature views: "
                "use full_feature_names=True, or rename the columns of the entity dataframe"
            )


def join(
    connection: DuckDBPyConnection, rows: EntityRows, keys: list[str], source_rows: sql.Rows, ttl: timedelta | None
) -> list[pa.ChunkedArray]:
    """Return the values of the source, in the order of the entity rows. keys: columns of the entity rows."""
    bounds = pc.min_max(rows.times).as_py()
    query = sql.point_in_time(source_rows, bounds["min"] or 0, bounds["max"] or 0, ttl)
    connection.register("entity", rows.keyed(keys))
    columns: list[pa.ChunkedArray] = connection.sql(query).to_arrow_table().columns
    return columns
