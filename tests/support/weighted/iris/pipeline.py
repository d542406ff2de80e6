"""The pipeline of `iris`."""

from pathlib import Path

from kfp import dsl

from graphs import road

NAME = Path(__file__).parent.name  # a test on a cluster gives it its own name


@dsl.pipeline(name=NAME)
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard(NAME, {}, canary=canary)
