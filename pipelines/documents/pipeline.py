"""The pipeline of `documents`."""

from graphs import road

pipeline = road.pipeline_of("documents", texts="ingest", rows="split")
