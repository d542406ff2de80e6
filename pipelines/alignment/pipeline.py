"""The pipeline of `alignment`."""

from graphs import road

pipeline = road.pipeline_of("alignment", prompts="split")
