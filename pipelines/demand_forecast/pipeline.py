"""The pipeline of `demand_forecast`."""

from typing import NamedTuple

from kfp import dsl

from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.split.component import split
from components.train.component import train
from components.validate.component import validate
from pipelines import road

NAME = "demand_forecast"


class Outputs(NamedTuple):
    """What a run reports."""

    half_hours: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="demand-forecast", description="How much electricity will Victoria need tomorrow?")
def pipeline(seed: int = 0, forecaster: str = "combination", folds: int = 2, canary: float = 0.0) -> Outputs:
    """Train, measure and deploy the model.

    forecaster: one of the README's table. folds: how many quarters of the weeks, 1 to 4, calibrate it; fewer are
    faster. canary: the share of keys, in percent, that the new version gets beside the champion; 0 replaces the
    champion.
    """
    source = ingest(capstone=NAME)
    checked = validate(capstone=NAME, tables=source.outputs["tables"])
    parts = split(capstone=NAME, tables=checked.outputs["clean"])
    past, future = parts.outputs["train"], parts.outputs["test"]
    trained = train(capstone=NAME, tables=past, parameters={"seed": seed, "forecaster": forecaster, "folds": folds})
    evaluated = evaluate(capstone=NAME, model=trained.outputs["model"], test=future)
    delivered = road.deliver(
        NAME,
        model=trained,
        scores=evaluated.outputs["scores"],
        train=past,
        test=future,
        canary=canary,
        extra="forecast",
    )
    road.small(source, checked, parts, evaluated, extra="forecast")
    road.large(trained, extra="forecast")
    return Outputs(
        half_hours=source.outputs["counts"],
        rows=parts.outputs["counts"],
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=delivered.verdict,
        version=delivered.version,
    )
