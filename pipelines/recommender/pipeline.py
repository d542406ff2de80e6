"""The pipeline of `recommender`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road
from pipelines.recommender.columns import ONLINE_AS_OF


class Outputs(NamedTuple):
    """What a run reports."""

    ratings: dsl.Metrics
    people: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="recommender", description="Which other films are for somebody who has rated some?")
def pipeline(seed: int = 0, as_of: str = ONLINE_AS_OF, canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    as_of: the online store gets the histories as they were at this instant, ISO 8601.
    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    parameters = {"seed": seed}
    counts = {"ratings": "ingest", "people": "split"}
    return road.standard("recommender", parameters, canary=canary, as_of=as_of, outputs=Outputs, counts=counts)
