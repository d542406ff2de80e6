"""The pipeline of `demand_forecast`."""

from graphs import road

pipeline = road.pipeline_of("demand_forecast", half_hours="ingest", rows="split")
