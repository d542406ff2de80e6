"""The pipeline of `house_sale`."""

from kfp import dsl

from graphs import road


@dsl.pipeline(name="house-sale")
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("house_sale", {}, canary=canary)
