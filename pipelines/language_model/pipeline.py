"""The pipeline of `language_model`."""

from graphs import road

pipeline = road.pipeline_of("language_model", lines="split")
