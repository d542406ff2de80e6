"""A store's last nine weeks and prices of a year, as one feature view: looked up by the store, changed by approvals."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Array, Float64, Int64, String

from pipelines.pricing.columns import APPROVALS, HISTORY, PAST_WEEKS, SEEN, STORE

store = Entity(name=STORE, description="a store of the chain, by number", value_type=ValueType.INT64)

shelf = FeatureView(
    name="shelf",
    entities=[store],
    ttl=timedelta(0),  # the last nine weeks stay the last until there is a newer one
    schema=[
        Field(name=PAST_WEEKS, dtype=Array(Int64)),  # numbers of the nine weeks, the oldest first
        *(Field(name=name, dtype=Array(Float64)) for name in HISTORY.values()),  # nine weeks of eleven brands each
        *(Field(name=name, dtype=Array(Float64)) for name in SEEN),  # usual prices, and what was seen in a year
        Field(name=APPROVALS, dtype=Array(String)),  # prices beyond these that a person approved
    ],
    source=PushSource(
        name="approved_prices",
        batch_source=FileSource(name="shelf", path="shelf.parquet", timestamp_field="event_timestamp"),
    ),
)

pricing = FeatureService(name="pricing", features=[shelf])
