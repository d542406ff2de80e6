"""The pipeline of `segmentation`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road
from pipelines.segmentation.columns import ONLINE_AS_OF


class Outputs(NamedTuple):
    """What a run reports."""

    customers: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="segmentation", description="Which kinds of customers are there, and what will they do next?")
def pipeline(
    seed: int = 0,
    methods: str = "k-means,Gaussian mixture,spectral,HDBSCAN",
    as_of: str = ONLINE_AS_OF,
    canary: float = 0.0,
) -> Outputs:
    """Find the segments, try them on customers of a later day, and deploy them.

    methods: those that compete, between commas. as_of: the online store gets the customers as they were at this
    instant, ISO 8601. canary: the percent of requests that the new version gets beside the champion; 0 replaces the
    champion.
    """
    parameters = {"seed": seed, "methods": methods}
    counts = {"customers": "ingest", "rows": "split"}
    return road.standard("segmentation", parameters, canary=canary, as_of=as_of, outputs=Outputs, counts=counts)
