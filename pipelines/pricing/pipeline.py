"""The pipeline of `pricing`."""

from graphs import road

pipeline = road.pipeline_of("pricing", sales="ingest", rows="split", as_of="1992-10-08T00:00:00Z")
