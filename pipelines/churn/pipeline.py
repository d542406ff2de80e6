"""The pipeline of `churn`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road
from pipelines.churn.columns import SNAPSHOT


class Outputs(NamedTuple):
    """What a run reports."""

    customers: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="churn", description="Who will leave, and whom is it worth calling?")
def pipeline(seed: int = 0, score: str = "splines", as_of: str = SNAPSHOT, canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    score: `splines`, `boosting` or `blend`. as_of: the online store gets what was known at this instant, ISO 8601.
    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    parameters = {"seed": seed, "score": score}
    counts = {"customers": "ingest", "rows": "split"}
    return road.standard("churn", parameters, canary=canary, as_of=as_of, outputs=Outputs, counts=counts)
