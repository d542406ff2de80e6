"""The pipeline of `wine_cluster`."""

from graphs import road

pipeline = road.pipeline_of("wine_cluster")
