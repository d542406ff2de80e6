"""The pipeline of `trading`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    prices: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="trading", description="Which orders should this account send after the close?")
def pipeline(
    seed: int = 0,
    strategy: str = "equal weights",
    test_from: str = "2015-01-01",
    as_of: str = "2017-12-30T00:00:00Z",
    canary: float = 0.0,
) -> Outputs:
    """Fit a strategy, judge it and deploy it.

    strategy: a name of `variants.CHOSEN`. test_from: the first day that tests, ISO date. as_of: the online store gets
    what was known at this instant, ISO 8601. canary: the percent of requests that the new version gets; 0 replaces the
    champion.
    """
    counts = {"prices": "ingest", "rows": "split"}
    return road.standard(
        "trading",
        {"seed": seed, "strategy": strategy},
        split_parameters={"test_from": test_from},
        canary=canary,
        as_of=as_of,
        outputs=Outputs,
        counts=counts,
    )
