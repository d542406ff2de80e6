"""The pipeline of `electricity_day`."""

from graphs import road

pipeline = road.pipeline_of("electricity_day")
