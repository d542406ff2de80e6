"""The pipeline of `artwork_title`."""

from graphs import road

pipeline = road.pipeline_of("artwork_title")
