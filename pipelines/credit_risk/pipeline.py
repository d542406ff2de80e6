"""The pipeline of `credit_risk`."""

from graphs import road

pipeline = road.pipeline_of("credit_risk", loans="ingest", rows="split")
