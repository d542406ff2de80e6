"""The entity dataframe in its forms, as one Arrow table."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection
from feast.infra.offline_stores import offline_utils


@dataclass(frozen=True)
class EntityRows:
    """The rows whose features are asked for: every column as it was given, the event timestamp in UTC."""

    table: pa.Table
    timestamp_field: str

    @property
    def times(self) -> pa.ChunkedArray:
        """Event timestamps in microseconds since the epoch, finer ones rounded as DuckDB rounds those of a source."""
        timestamps = self.table[self.timestamp_field]
        if timestamps.type.unit == "ns":
            timestamps = pc.floor_temporal(pc.add(timestamps, pa.scalar(500, pa.duration("ns"))), unit="microsecond")
        return timestamps.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64())

    def keyed(self, columns: list[str]) -> pa.Table:
        """The table `entity` that `sql.point_in_time` joins: row, t, key_0, ... without a copy of the columns."""
        keys = {f"key_{i}": self.table[column] for i, column in enumerate(columns)}
        return pa.table({"row": np.arange(self.table.num_rows), "t": self.times, **keys})


def from_pandas(frame: pd.DataFrame) -> EntityRows:
    """Entity rows of a dataframe; its index is left out. Missing keys become null, whatever pandas uses for them."""
    timestamp_field = offline_utils.infer_event_timestamp_from_entity_df(dict(frame.dtypes))
    frame = frame.assign(**{timestamp_field: pd.to_datetime(frame[timestamp_field], utc=True)})
    return EntityRows(pa.Table.from_pandas(frame, preserve_index=False), timestamp_field)


def from_query(connection: DuckDBPyConnection, query: str) -> EntityRows:
    """Entity rows of a DuckDB query, in the query's order."""
    table = connection.sql(query).to_arrow_table()
    timestamp_field = offline_utils.infer_event_timestamp_from_entity_df(
        dict(table.schema.empty_table().to_pandas().dtypes)
    )
    position = table.schema.get_field_index(timestamp_field)
    times = table[timestamp_field].cast(pa.timestamp("us"), safe=False).cast(pa.timestamp("us", "UTC"))
    return EntityRows(table.set_column(position, timestamp_field, times), timestamp_field)
