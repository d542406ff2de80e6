"""Reading the rows of one source, for materialization, saved datasets and logged features."""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
from feast import RepoConfig
from feast.data_source import DataSource
from feast.errors import FeastJoinKeysDuringMaterialization
from feast.feature_view import DUMMY_ENTITY_ID, DUMMY_ENTITY_VAL

from . import sources
from .job import AsofRetrievalJob
from .sql import Rows


def pull(config: RepoConfig, data_source: DataSource, rows: Rows, query: Callable[[Rows], str]) -> AsofRetrievalJob:
    """Return a job that runs a query on the rows of a source.

    Args:
        rows: the columns to read. Without value columns all columns are read, as in Feast.
        query: writes the SQL for the rows.
    """
    owner = f"data source {data_source.name!r}"
    source = sources.file_source(data_source, owner)
    path = sources.path_of(source, config.repo_path)

    def evaluate(timeout: float | None = None) -> list[pa.Table]:
        with sources.connect(config.offline_store, timeout) as connection:
            scan = sources.scan(connection, source, config.repo_path, owner)
            if not scan.types.keys() >= set(rows.join_keys):
                raise FeastJoinKeysDuringMaterialization(path, set(rows.join_keys), set(scan.types))
            values = rows.values or [column for column in scan.types if column not in rows.columns]
            read = sources.comparable(replace(rows, scan=scan, values=values), owner, path)
            # Feast's materialization writes only the first chunk of a table, so there must be one.
            table = connection.sql(query(read)).to_arrow_table().combine_chunks()
        if rows.join_keys:
            return [table]
        # Feast gives the rows of a feature view without entities a constant key.
        return [table.append_column(DUMMY_ENTITY_ID, pa.array([DUMMY_ENTITY_VAL] * len(table)))]

    return AsofRetrievalJob(evaluate, config)
