"""What is known of a stream, as one feature view: its rows come from the series, and online from events."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Array, Float64, String

stream = Entity(name="stream", description="a stream, by name", value_type=ValueType.STRING)

stream_state = FeatureView(
    name="stream_state",
    entities=[stream],
    ttl=timedelta(0),  # a stream that is silent is where it was
    schema=[
        Field(name="columns", dtype=Array(String)),
        *(Field(name=name, dtype=Array(Float64)) for name in ("state", "recent", "parts")),
    ],
    source=PushSource(
        name="values",
        batch_source=FileSource(name="stream_state", path="stream_state.parquet", timestamp_field="event_timestamp"),
    ),
)

anomaly = FeatureService(name="anomaly", features=[stream_state])
