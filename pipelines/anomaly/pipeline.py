"""The pipeline of `anomaly`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    values: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="anomaly", description="What is unusual now, and why?")
def pipeline(seed: int = 0, as_of: str = "2016-01-01T00:00:00Z", canary: float = 0.0) -> Outputs:
    """Choose the threshold, judge it, and deploy it.

    seed: of the folds of streams. as_of: the online store gets what was known at this instant, ISO 8601; the streams
    end in 2015. canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    counts = {"values": "ingest", "rows": "split"}
    return road.standard("anomaly", {"seed": seed}, canary=canary, as_of=as_of, outputs=Outputs, counts=counts)
