"""The pipeline of `churn`."""

from graphs import road
from pipelines.churn.columns import SNAPSHOT

pipeline = road.pipeline_of("churn", customers="ingest", rows="split", as_of=SNAPSHOT)
