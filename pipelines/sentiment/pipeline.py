"""The pipeline of `sentiment`."""

from graphs import road

pipeline = road.pipeline_of("sentiment", snippets="ingest", rows="split")
