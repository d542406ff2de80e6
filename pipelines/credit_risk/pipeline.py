"""The pipeline of `credit_risk`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    loans: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="credit-risk", description="Will a loan be repaid, and is the decision fair?")
def pipeline(seed: int = 0, score: str = "splines", fair: bool = True, canary: float = 0.0) -> Outputs:
    """Train, audit and deploy the model.

    score: `splines`, `boosting` or `scorecard`. fair: thresholds by group that bring the decline rates together;
    without, one for all. canary: the percent of requests that the new version gets beside the champion; 0 replaces the
    champion.
    """
    parameters = {"seed": seed, "score": score, "fair": fair}
    counts = {"loans": "ingest", "rows": "split"}
    return road.standard("credit_risk", parameters, canary=canary, outputs=Outputs, counts=counts)
