"""The pipeline of `digit_image`."""

from kfp import dsl

from graphs import road


@dsl.pipeline(name="digit-image")
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("digit_image", {}, canary=canary)
