"""The entity rows, given as a dataframe or as a query."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection
from feast.infra.offline_stores import offline_utils

from . import keys


@dataclass(frozen=True)
class EntityRows:
    """The rows that features are joined to. All columns are as they were given; the event timestamp is in UTC."""

    table: pa.Table
    timestamp_field: str

    @property
    def times(self) -> pa.ChunkedArray:
        """The event timestamps in microseconds since the epoch. Nanoseconds are rounded as DuckDB rounds them."""
        timestamps = self.table[self.timestamp_field]
        if timestamps.type.unit == "ns":
            timestamps = pc.floor_temporal(pc.add(timestamps, pa.scalar(500, pa.duration("ns"))), unit="microsecond")
        return timestamps.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64())

    def keyed(self, columns: list[str]) -> pa.Table:
        """Return the table `entity` that `sql.point_in_time` joins: row, t, key_0, ... Only categories are copied."""
        of_columns = {f"key_{i}": keys.values(self.table[column]) for i, column in enumerate(columns)}
        return pa.table({"row": np.arange(self.table.num_rows), "t": self.times, **of_columns})


def from_pandas(frame: pd.DataFrame) -> EntityRows:
    """Return the rows of a dataframe without its index. Missing keys become null, whatever pandas uses for them."""
    timestamp_field = offline_utils.infer_event_timestamp_from_entity_df(dict(frame.dtypes))
    frame = frame.assign(**{timestamp_field: pd.to_datetime(frame[timestamp_field], utc=True)})
    return EntityRows(pa.Table.from_pandas(frame, preserve_index=False), timestamp_field)


def from_query(connection: DuckDBPyConnection, query: str) -> EntityRows:
    """Return the rows of a DuckDB query, in the order of the query."""
    return from_arrow(connection.sql(query).to_arrow_table())


def from_arrow(table: pa.Table) -> EntityRows:
    """Return the rows of a table. A naive event timestamp is in UTC."""
    timestamp_field = offline_utils.infer_event_timestamp_from_entity_df(
        dict(table.schema.empty_table().to_pandas().dtypes)
    )
    position = table.schema.get_field_index(timestamp_field)
    times = table[timestamp_field].cast(pa.timestamp("us"), safe=False).cast(pa.timestamp("us", "UTC"))
    return EntityRows(table.set_column(position, timestamp_field, times), timestamp_field)
