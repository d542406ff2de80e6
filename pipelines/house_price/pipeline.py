"""The pipeline of `house_price`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    houses: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="house-price", description="What is a house in Ames worth, and how sure is that?")
def pipeline(seed: int = 0, members: str = "boosting vectors net", canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    members: of the stack, such as `boosting vectors`. canary: the percent of requests that the new version gets beside
    the champion; 0 replaces the champion.
    """
    counts = {"houses": "ingest", "rows": "split"}
    parameters = {"seed": seed, "members": members}
    return road.standard("house_price", parameters, canary=canary, outputs=Outputs, counts=counts)
