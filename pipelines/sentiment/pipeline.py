"""The pipeline of `sentiment`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    snippets: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="sentiment", description="How pleasant would people find a text, and which words make it so?")
def pipeline(seed: int = 0, canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    counts = {"snippets": "ingest", "rows": "split"}
    return road.standard("sentiment", {"seed": seed}, canary=canary, outputs=Outputs, counts=counts)
