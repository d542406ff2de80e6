"""The pipeline of `pricing`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    sales: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="pricing", description="Which prices should this store's shelf have, and what is that worth?")
def pipeline(seed: int = 0, test_from: int = 135, as_of: str = "1992-10-08T00:00:00Z", canary: float = 0.0) -> Outputs:
    """Learn demand, judge it and deploy the search for prices.

    test_from: the number of the first week that tests the model. as_of: the online store gets what was known at this
    instant, ISO 8601. canary: the percent of requests that the new version gets; 0 replaces the champion.
    """
    counts = {"sales": "ingest", "rows": "split"}
    return road.standard(
        "pricing",
        {"seed": seed},
        split_parameters={"test_from": test_from},
        canary=canary,
        as_of=as_of,
        outputs=Outputs,
        counts=counts,
    )
