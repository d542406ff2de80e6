"""The pipeline of `house_sale`."""

from graphs import road

pipeline = road.pipeline_of("house_sale")
