"""The pipeline of `house_price`."""

from graphs import road

pipeline = road.pipeline_of("house_price", houses="ingest", rows="split")
