"""The pipeline of `artwork_title`."""

from kfp import dsl

from graphs import road


@dsl.pipeline(name="artwork-title")
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("artwork_title", {}, canary=canary)
