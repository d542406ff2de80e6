"""Which engine runs a retrieval: this process, or Ray."""

from collections.abc import Iterable

import pyarrow as pa

from . import sources
from .entities import EntityRows
from .job import Evaluate
from .retrieval import HistoricalRetrieval


def chosen(retrieval: HistoricalRetrieval) -> Evaluate:
    """Return what evaluates a retrieval, by the settings of its store. It reads nothing until it is called."""

    def evaluate(timeout: float | None = None) -> Iterable[pa.Table]:
        settings = retrieval.config.offline_store
        if settings.engine == "local" or (settings.engine == "auto" and size(retrieval) <= settings.auto_rows):
            return [retrieval.evaluate(timeout)]
        from .partitioned.run import PartitionedRetrieval

        return PartitionedRetrieval(retrieval).tables(timeout)

    return evaluate


def size(retrieval: HistoricalRetrieval) -> int:
    """Return how many rows the entity rows and the sources of all views have. A query of entity rows is counted."""
    config = retrieval.config
    with sources.connect(config.offline_store) as connection:
        retrieval.inputs(connection)  # says what is wrong with a source
        total: int = sum(sum(sources.counts(connection, view.source, config.repo_path)) for view in retrieval.views)
        if isinstance(retrieval.entities, EntityRows):
            total += retrieval.entities.table.num_rows
        if isinstance(retrieval.entities, str):
            counted = connection.sql(f"SELECT count(*) FROM ({retrieval.entities})").fetchall()
            total += counted[0][0]
    return total
