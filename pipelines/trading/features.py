"""What is known of the market at a close, as one feature view: looked up by its name, moved on by each day's prices."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Array, Float64, String

from pipelines.trading.days import CLOSES, DAYS, MARKET
from pipelines.trading.indicators import INDICATORS

market = Entity(name=MARKET, description="a list of stocks that trade on the same days", value_type=ValueType.STRING)

known_prices = FeatureView(
    name="known_prices",
    entities=[market],
    ttl=timedelta(0),  # the last close stays the last until there is a newer one; the answer names its day
    schema=[
        Field(name=DAYS, dtype=Array(String)),  # ISO dates of the last 253 trading days
        Field(name=CLOSES, dtype=Array(Float64)),  # dollars: 253 days of 31 stocks each, in the order of TICKERS
        *(Field(name=name, dtype=Array(Float64)) for name in INDICATORS),  # a number per stock
    ],
    source=PushSource(
        name="daily_prices",
        batch_source=FileSource(name="known_prices", path="known_prices.parquet", timestamp_field="event_timestamp"),
    ),
)

trading = FeatureService(name="trading", features=[known_prices])
