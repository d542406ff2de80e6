"""The pipeline of `electricity_day`."""

from kfp import dsl

from graphs import road


@dsl.pipeline(name="electricity-day")
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("electricity_day", {}, canary=canary)
