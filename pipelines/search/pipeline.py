"""The pipeline of `search`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    abstracts: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="search", description="Which papers speak about this claim, and why?")
def pipeline(seed: int = 0, canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    counts = {"abstracts": "ingest", "rows": "split"}
    return road.standard("search", {"seed": seed}, canary=canary, outputs=Outputs, counts=counts)
