"""The pipeline of `trading`."""

from graphs import road

pipeline = road.pipeline_of("trading", prices="ingest", rows="split", as_of="2017-12-30T00:00:00Z")
