"""The pipeline of `digits`."""

from typing import NamedTuple

from kfp import dsl

from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.split.component import split
from components.train.component import train
from components.validate.component import validate
from pipelines import road

NAME = "digits"


class Outputs(NamedTuple):
    """What a run reports."""

    images: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="digits", description="Which digit is it?")
def pipeline(seed: int = 0, network: str = "cnn", epochs: int = 6, workers: int = 0, canary: float = 0.0) -> Outputs:
    """Train a network and its edge variant, try them on other people's digits and under attack, and deploy it.

    network: "cnn", "vit" or "efficient". workers: Ray workers that share each batch, 0 for the step's own process.
    canary: the share of keys, in percent, that the new version gets beside the champion; 0 replaces the champion.
    """
    source = ingest(capstone=NAME)
    checked = validate(capstone=NAME, tables=source.outputs["tables"])
    parts = split(capstone=NAME, tables=checked.outputs["clean"])
    past, test = parts.outputs["train"], parts.outputs["test"]
    parameters = {"seed": seed, "network": network, "epochs": epochs, "workers": workers}
    trained = train(capstone=NAME, tables=past, parameters=parameters)
    evaluated = evaluate(capstone=NAME, model=trained.outputs["model"], test=test)
    delivered = road.deliver(
        NAME,
        model=trained,
        scores=evaluated.outputs["scores"],
        train=past,
        test=test,
        canary=canary,
        extra="vision",
    )
    road.small(source, checked, parts, extra="vision")
    road.large(trained, evaluated, extra="vision")
    return Outputs(
        images=parts.outputs["counts"],
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=delivered.verdict,
        version=delivered.version,
    )
