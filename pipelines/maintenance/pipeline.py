"""The pipeline of `maintenance`."""

from graphs import road

pipeline = road.pipeline_of("maintenance", engines="ingest", rows="split")
