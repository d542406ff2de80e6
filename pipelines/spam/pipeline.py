"""The pipeline of `spam`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    messages: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="spam", description="Is this message spam, and how much ham would be lost?")
def pipeline(seed: int = 0, labels_until: str = "", canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    labels_until: also learn from messages that the endpoint answered, with labels known by this instant, ISO 8601.
    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    counts = {"messages": "ingest", "rows": "split"}
    labels = {"labels_until": labels_until}
    return road.standard("spam", {"seed": seed}, split_parameters=labels, canary=canary, outputs=Outputs, counts=counts)
