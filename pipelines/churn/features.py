"""What is known of a customer, as one feature view: looked up by the customer's number."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, String

from pipelines.churn.columns import CATEGORIES, CUSTOMER, NUMBERS

customer = Entity(name=CUSTOMER, description="a customer, by number", value_type=ValueType.STRING)

customer_account = FeatureView(
    name="customer_account",
    entities=[customer],
    ttl=timedelta(0),  # there is one look at the customers, and no newer one that could replace it
    schema=[Field(name=name, dtype=Float64) for name in NUMBERS]
    + [Field(name=name, dtype=String) for name in CATEGORIES],
    source=FileSource(name="customer_account", path="customer_account.parquet", timestamp_field="event_timestamp"),
)

churn = FeatureService(name="churn", features=[customer_account])
