"""The pipeline of `coin`."""

from pathlib import Path
from typing import NamedTuple

from kfp import dsl

from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.split.component import split
from components.train.component import train
from pipelines import road

NAME = Path(__file__).parent.name  # a test on a cluster gives each of its coins a name of its own


class Outputs(NamedTuple):
    """What a run tells whoever started it."""

    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name=NAME)
def pipeline(kind: str = "weak", canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model."""
    source = ingest(capstone=NAME)
    parts = split(capstone=NAME, tables=source.outputs["tables"])
    past, future = parts.outputs["train"], parts.outputs["test"]
    trained = train(capstone=NAME, tables=past, parameters={"kind": kind})
    evaluated = evaluate(capstone=NAME, model=trained.outputs["model"], test=future)
    delivered = road.deliver(
        NAME,
        model=trained,
        scores=evaluated.outputs["scores"],
        train=past,
        test=future,
        canary=canary,
    )
    road.small(source, parts, evaluated)
    road.large(trained)
    return Outputs(
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=delivered.verdict,
        version=delivered.version,
    )
