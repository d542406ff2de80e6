"""The pipeline of `wine_cluster`."""

from kfp import dsl

from graphs import road


@dsl.pipeline(name="wine-cluster")
def pipeline(canary: float = 0.0) -> road.Outputs:
    """Train, judge and deploy the model."""
    return road.standard("wine_cluster", {}, canary=canary)
