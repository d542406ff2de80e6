"""The pipeline of `maintenance`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    engines: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="maintenance", description="How many cycles are left, and when should which engine be serviced?")
def pipeline(seed: int = 0, subsets: str = "", rounds: int = 300, canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    subsets: of NASA's data sets, those to learn from, such as `FD001 FD003`; by default all. rounds: of the boosting.
    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    parameters = {"seed": seed, "subsets": subsets, "rounds": rounds}
    counts = {"engines": "ingest", "rows": "split"}
    return road.standard("maintenance", parameters, canary=canary, outputs=Outputs, counts=counts)
