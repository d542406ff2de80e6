"""The pipeline of `frozen_digit`."""

from kfp import dsl

from graphs import road


@dsl.pipeline(name="frozen-digit")
def pipeline(regularization: float = 1.0, canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("frozen_digit", {"regularization": regularization}, canary=canary)
