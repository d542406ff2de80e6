"""The pipeline of `distributed_training`."""

from graphs import road

pipeline = road.pipeline_of("distributed_training", lines="split")
