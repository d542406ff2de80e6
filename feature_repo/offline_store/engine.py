"""Which engine runs a retrieval: this process, or Ray."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from . import sources, sql
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
    """Return how many rows the entity rows and the sources of all views have, of partitions those that matter.

    A query of entity rows is counted.
    """
    with sources.connect(retrieval.config.offline_store) as connection:
        inputs = retrieval.inputs(connection)  # says what is wrong with a source
        total, first, last = 0, None, None
        if isinstance(retrieval.entities, EntityRows):
            total = retrieval.entities.table.num_rows
            first, last = pc.min_max(retrieval.entities.times).as_py().values()
        for view, (rows, _) in zip(retrieval.views, inputs, strict=True):
            earliest = None if first is None else sql.earliest_of(first, view.ttl)
            total += sum(sources.counts(connection, rows.scan, earliest, last))
        if isinstance(retrieval.entities, str):
            counted = connection.sql(f"SELECT count(*) FROM ({retrieval.entities})").fetchall()
            total += counted[0][0]
    return total
