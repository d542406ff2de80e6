"""The pipeline of `recommender`."""

from graphs import road
from pipelines.recommender.columns import ONLINE_AS_OF

pipeline = road.pipeline_of("recommender", ratings="ingest", people="split", as_of=ONLINE_AS_OF)
