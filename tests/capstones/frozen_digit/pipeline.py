"""The pipeline of `frozen_digit`."""

from graphs import road

pipeline = road.pipeline_of("frozen_digit")
