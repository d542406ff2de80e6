"""What people have rated, as one feature view: its rows come from the ratings, and online from events."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Array, Float64, Int64

user = Entity(name="user_id", description="a person, by number", value_type=ValueType.INT64)

user_history = FeatureView(
    name="user_history",
    entities=[user],
    ttl=timedelta(0),  # a rating stays true
    schema=[Field(name="films", dtype=Array(Int64)), Field(name="stars", dtype=Array(Float64))],
    source=PushSource(
        name="ratings",
        batch_source=FileSource(name="user_history", path="user_history.parquet", timestamp_field="event_timestamp"),
    ),
)

recommender = FeatureService(name="recommender", features=[user_history])
