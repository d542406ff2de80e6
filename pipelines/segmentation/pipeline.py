"""The pipeline of `segmentation`."""

from typing import NamedTuple

from kfp import dsl

from pipelines import road


class Outputs(NamedTuple):
    """What a run reports."""

    customers: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="segmentation", description="Which kinds of customers are there, and how sure is that?")
def pipeline(seed: int = 0, methods: str = "k-means,Gaussian mixture,spectral,HDBSCAN", canary: float = 0.0) -> Outputs:
    """Find the segments, try them on customers of a later day, and deploy them.

    methods: those that compete, between commas. canary: the percent of requests that the new version gets beside
    the champion; 0 replaces the champion.
    """
    parameters = {"seed": seed, "methods": methods}
    counts = {"customers": "ingest", "rows": "split"}
    return road.standard("segmentation", parameters, canary=canary, outputs=Outputs, counts=counts)
