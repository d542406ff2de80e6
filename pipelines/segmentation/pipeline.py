"""The pipeline of `segmentation`."""

from graphs import road
from pipelines.segmentation.columns import ONLINE_AS_OF

pipeline = road.pipeline_of("segmentation", customers="ingest", rows="split", as_of=ONLINE_AS_OF)
