"""The pipeline of `moderation`."""

from graphs import road

pipeline = road.pipeline_of("moderation", tweets="ingest", rows="split")
