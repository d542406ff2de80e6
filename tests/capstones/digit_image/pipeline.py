"""The pipeline of `digit_image`."""

from graphs import road

pipeline = road.pipeline_of("digit_image")
