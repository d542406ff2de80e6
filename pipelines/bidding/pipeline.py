"""The pipeline of `bidding`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    auctions: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(
    name="bidding", description="What should I bid for this impression, so that a fixed budget buys the most clicks?"
)
def pipeline(canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the bidder.

    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    counts = {"auctions": "ingest", "rows": "split"}
    return road.standard("bidding", {}, canary=canary, outputs=Outputs, counts=counts)
