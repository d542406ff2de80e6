"""The pipeline of `iris`."""

from pathlib import Path

from graphs import road

pipeline = road.pipeline_of(Path(__file__).parent.name)  # a test on a cluster gives it its own name
