"""The pipeline of `artwork_medium`."""

from graphs import road

pipeline = road.pipeline_of("artwork_medium")
