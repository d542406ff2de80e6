"""The pipeline of `segmentation`."""

from typing import NamedTuple

from kfp import dsl

from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.split.component import split
from components.train.component import train
from components.validate.component import validate
from pipelines import road

NAME = "segmentation"


class Outputs(NamedTuple):
    """What a run reports."""

    customers: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="segmentation", description="Which kinds of customers are there, and how sure is that?")
def pipeline(seed: int = 0, methods: str = "k-means,Gaussian mixture,spectral,HDBSCAN", canary: float = 0.0) -> Outputs:
    """Find the segments, try them on customers of a later day, and deploy them.

    methods: those that compete, between commas. canary: the share of keys, in percent, that the new version gets beside
    the champion; 0 replaces the champion.
    """
    source = ingest(capstone=NAME)
    checked = validate(capstone=NAME, tables=source.outputs["tables"])
    parts = split(capstone=NAME, tables=checked.outputs["clean"])
    past, future = parts.outputs["train"], parts.outputs["test"]
    trained = train(capstone=NAME, tables=past, parameters={"seed": seed, "methods": methods})
    evaluated = evaluate(capstone=NAME, model=trained.outputs["model"], test=future)
    delivered = road.deliver(
        NAME,
        model=trained,
        scores=evaluated.outputs["scores"],
        train=past,
        test=future,
        canary=canary,
        extra="segmentation",
    )
    road.small(source, checked, parts, evaluated, extra="segmentation")
    road.large(trained, extra="segmentation")
    return Outputs(
        customers=source.outputs["counts"],
        rows=parts.outputs["counts"],
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=delivered.verdict,
        version=delivered.version,
    )
