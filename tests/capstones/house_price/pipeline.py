"""The pipeline of `house_price`."""

from kfp import dsl

from pipelines import road


@dsl.pipeline(name="house-price")
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("house_price", {}, canary=canary)
