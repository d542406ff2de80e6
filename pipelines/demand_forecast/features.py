"""What was measured in the week before each day, as one feature view: looked up by the day."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Float64, Int64

day = Entity(name="day", description="a day of the market's clock, such as 2014-11-04", value_type=ValueType.STRING)

past_week = FeatureView(
    name="past_week",
    entities=[day],
    ttl=timedelta(0),  # the key says which week it is
    schema=[
        Field(name="demand", dtype=Array(Float64)),  # GW, of 336 half-hours
        Field(name="temperature", dtype=Array(Float64)),  # degrees C
        Field(name="working", dtype=Array(Int64)),  # of the seven days: 1 where people worked
        Field(name="last_demand", dtype=Float64),  # the mean of the last day
        Field(name="last_temperature", dtype=Float64),
    ],
    source=FileSource(name="past_week", path="past_week.parquet", timestamp_field="event_timestamp"),
)

demand_forecast = FeatureService(name="demand_forecast", features=[past_week])
