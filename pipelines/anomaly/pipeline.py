"""The pipeline of `anomaly`."""

from graphs import road

pipeline = road.pipeline_of("anomaly", values="ingest", rows="split", as_of="2016-01-01T00:00:00Z")
