"""The pipeline of `search`."""

from graphs import road

pipeline = road.pipeline_of("search", abstracts="ingest", rows="split")
