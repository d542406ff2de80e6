"""The pipeline of `recommender`."""

from typing import NamedTuple

from kfp import dsl

from components.build_features.component import build_features
from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.split.component import split
from components.train.component import train
from components.validate.component import validate
from pipelines import road
from pipelines.recommender.columns import ONLINE_AS_OF

NAME = "recommender"


class Outputs(NamedTuple):
    """What a run reports."""

    ratings: dsl.Metrics
    people: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="recommender", description="Which films would somebody watch next?")
def pipeline(seed: int = 0, as_of: str = ONLINE_AS_OF, canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    as_of: the online store gets the histories as they were at this instant, ISO 8601.
    canary: the share of keys, in percent, that the new version gets beside the champion; 0 replaces the champion.
    """
    source = ingest(capstone=NAME)
    checked = validate(capstone=NAME, tables=source.outputs["tables"])
    features = build_features(capstone=NAME, tables=checked.outputs["clean"])
    parts = split(capstone=NAME, tables=features.outputs["training_set"])
    past, future = parts.outputs["train"], parts.outputs["test"]
    trained = train(capstone=NAME, tables=past, parameters={"seed": seed})
    evaluated = evaluate(capstone=NAME, model=trained.outputs["model"], test=future)
    delivered = road.deliver(
        NAME,
        model=trained,
        scores=evaluated.outputs["scores"],
        train=past,
        test=future,
        features=features,
        as_of=as_of,
        canary=canary,
        extra="recommender",
    )
    road.small(source, checked, parts, extra="recommender")
    road.large(features, trained, evaluated, extra="recommender")
    return Outputs(
        ratings=source.outputs["counts"],
        people=parts.outputs["counts"],
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=delivered.verdict,
        version=delivered.version,
    )
