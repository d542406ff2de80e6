"""The pipeline of `credit_risk`."""

from typing import NamedTuple

from kfp import dsl

from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.split.component import split
from components.train.component import train
from components.validate.component import validate
from pipelines import road

NAME = "credit_risk"


class Outputs(NamedTuple):
    """What a run reports."""

    loans: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="credit-risk", description="Will a loan be repaid, and is the decision fair?")
def pipeline(seed: int = 0, score: str = "boosting", fair: bool = True, canary: float = 0.0) -> Outputs:
    """Train, audit and deploy the model.

    score: `boosting` or `scorecard`. fair: thresholds by group that bring the decline rates together; without, one for
    all. canary: the share of keys, in percent, that the new version gets beside the champion; 0 replaces the champion.
    """
    source = ingest(capstone=NAME)
    checked = validate(capstone=NAME, tables=source.outputs["tables"])
    parts = split(capstone=NAME, tables=checked.outputs["clean"])
    past, future = parts.outputs["train"], parts.outputs["test"]
    trained = train(capstone=NAME, tables=past, parameters={"seed": seed, "score": score, "fair": fair})
    evaluated = evaluate(capstone=NAME, model=trained.outputs["model"], test=future)
    delivered = road.deliver(
        NAME,
        model=trained,
        scores=evaluated.outputs["scores"],
        train=past,
        test=future,
        canary=canary,
        extra="credit",
    )
    road.small(source, checked, parts, evaluated, extra="credit")
    road.large(trained, extra="credit")
    return Outputs(
        loans=source.outputs["counts"],
        rows=parts.outputs["counts"],
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=delivered.verdict,
        version=delivered.version,
    )
