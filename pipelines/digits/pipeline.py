"""The pipeline of `digits`."""

from graphs import road

pipeline = road.pipeline_of("digits", images="split")
