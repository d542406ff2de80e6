"""The pipeline of `spam`."""

from graphs import road

pipeline = road.pipeline_of("spam", messages="ingest", rows="split")
