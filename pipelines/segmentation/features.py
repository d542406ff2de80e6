"""What the last year held for each customer, as one feature view: looked up by the customer's number."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, String

from pipelines.segmentation.columns import COUNTRY, CUSTOMER, DAY, INPUTS

TEXTS = [COUNTRY, DAY]
customer = Entity(name=CUSTOMER, description="a customer, by number", value_type=ValueType.INT64)

customer_year = FeatureView(
    name="customer_year",
    entities=[customer],
    ttl=timedelta(0),  # the row says of which day it is
    schema=[Field(name=name, dtype=Float64) for name in INPUTS] + [Field(name=name, dtype=String) for name in TEXTS],
    source=FileSource(name="customer_year", path="customer_year.parquet", timestamp_field="event_timestamp"),
)

segmentation = FeatureService(name="segmentation", features=[customer_year])
