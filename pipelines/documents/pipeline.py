"""The pipeline of `documents`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    texts: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="documents", description="What is a document about, whom does it name, and what does it say?")
def pipeline(seed: int = 0, canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    counts = {"texts": "ingest", "rows": "split"}
    return road.standard("documents", {"seed": seed}, canary=canary, outputs=Outputs, counts=counts)
