"""The standard road: the steps, image and resources that follow from what a task can do. KFP traces these functions.

`pipeline_of` makes the pipeline of a capstone. `flight_delay` writes its graph out, as the example to read.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, get_args, get_origin

from kfp import dsl, kubernetes
from kfp.dsl import PipelineTask
from kfp.kubernetes.security_context import set_security_context

from capstan.catalogue import load
from capstan.contract.resources import GPU, Resources
from capstan.errors import CapstanError
from capstan.image_names import BASE, image
from cluster import step_secrets
from cluster.names import STEP_LABEL, STEP_SETTINGS
from components.baseline_report.component import baseline_report
from components.build_features.component import build_features
from components.compare_data.component import compare_data
from components.deploy.component import deploy
from components.evaluate.component import evaluate
from components.fetch_weights.component import fetch_weights
from components.gate.component import gate
from components.ingest.component import ingest
from components.materialize.component import materialize
from components.register.component import register
from components.split.component import split
from components.train.component import train
from components.validate.component import validate

USER = 10001  # of the image
SEVERAL = (list, dict, tuple, set)  # types of parameters that kfp cannot pass on with others


class Outputs(NamedTuple):
    """What a run reports, where a pipeline does not name its outputs itself."""

    counts: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


def pipeline_of(capstone: str, *, as_of: str = "", **counts: str) -> Any:
    """Return the pipeline of a capstone on the standard road, with the parameters of the task's `train` and `split`.

    as_of: by default, the online store gets what was known at this instant, ISO 8601. counts: the outputs that hold the
    counts of "ingest" or "split", such as customers="ingest"; by default `counts`, of "ingest".
    """
    task, counts = load(capstone), counts or {"counts": "ingest"}
    own, of_split = _parameters(task.train), _parameters(task.split)
    fields = [*((name, dsl.Metrics) for name in counts), *list(Outputs.__annotations__.items())[1:]]
    outputs: Any = NamedTuple("Outputs", fields)  # type: ignore[misc]  # which fields depends on the capstone
    platform: dict[str, Any] = {"as_of": as_of} if "features" in task.capabilities else {}
    platform |= {"canary": 0.0} if "endpoint" in task.capabilities else {}
    platform["accept"] = ""
    parameters = [*own.values(), *of_split.values()]
    parameters += [_parameter(name, value, type(value)) for name, value in platform.items()]
    signature = inspect.Signature(parameters, return_annotation=outputs)

    def pipeline(*values: Any, **others: Any) -> Any:
        bound = signature.bind(*values, **others).arguments
        return standard(
            capstone,
            {name: bound[name] for name in own},
            split_parameters={name: bound[name] for name in of_split},
            outputs=outputs,
            counts=counts,
            **{name: bound[name] for name in platform},
        )

    pipeline.__signature__ = signature  # type: ignore[attr-defined]  # kfp and `capstan run` read it
    return dsl.pipeline(name=capstone.replace("_", "-"), description=task.TITLE)(pipeline)


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the parameters of a run that a task's function has: not its tables, nor weights that a step brings."""
    _tables, *others = inspect.signature(function).parameters.values()
    types = {parameter.name: _type(parameter.annotation) for parameter in others if parameter.name != "weights"}
    if many := [name for name, type_ in types.items() if _has_several(type_)]:
        raise CapstanError(
            f"The parameter {many[0]!r} of {function.__name__}() has several values: a parameter of a run is a number, "
            'a text or a truth value. Take a text such as "64,32", and split it.'
        )
    return {
        parameter.name: _parameter(parameter.name, parameter.default, types[parameter.name])
        for parameter in others
        if parameter.name in types
    }


def _has_several(type_: Any) -> bool:
    """Return whether a type is, or may be, one of several values."""
    return (get_origin(type_) or type_) in SEVERAL or any(map(_has_several, get_args(type_)))


def _parameter(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation)


def _type(annotation: Any) -> Any:
    """Return an annotation, which is text where a module postpones them."""
    return eval(annotation, {}) if isinstance(annotation, str) else annotation


class Delivery(NamedTuple):
    """The verdict on a model, "accepted" or "rejected", and the number of its version."""

    verdict: Any
    version: Any


def standard(
    capstone: str,
    parameters: Mapping[str, Any],
    *,
    split_parameters: Mapping[str, Any] | None = None,
    canary: Any = 0.0,
    accept: Any = "",
    as_of: Any = "",
    outputs: Any = Outputs,
    counts: Mapping[str, str] | None = None,
) -> Any:
    """Take a capstone from its source to its endpoint, by the steps that its capabilities ask for. Return its outputs.

    parameters, split_parameters: of the task's `train` and `split`. as_of: the online store gets what was known at
    this instant. outputs: the NamedTuple that the pipeline returns. counts: which of its fields has the counts of
    "ingest" and of "split".
    """
    has = load(capstone).capabilities
    source = ingest(capstone=capstone)
    tables, steps = source.outputs["tables"], [source]
    if "contract" in has:
        checked = validate(capstone=capstone, tables=tables)
        tables, steps = checked.outputs["clean"], [*steps, checked]
    features: PipelineTask | None = None
    if "features" in has:
        features = build_features(capstone=capstone, tables=tables)
        tables, steps = features.outputs["training_set"], [*steps, features]
    parts = split(capstone=capstone, tables=tables, parameters=dict(split_parameters or {}))
    past, future = parts.outputs["train"], parts.outputs["test"]
    weights: dict[str, Any] = {}
    if load(capstone).WEIGHTS:
        fetched = fetch_weights(capstone=capstone)
        weights, steps = {"weights": fetched.outputs["weights"]}, [*steps, fetched]
    compared = compare_data(capstone=capstone, train=past, accept=accept).set_caching_options(False)
    trained = train(capstone=capstone, tables=past, parameters=dict(parameters), **weights).after(compared)
    evaluated = evaluate(capstone=capstone, model=trained.outputs["model"], test=future)
    delivered = gate_and_deploy(
        capstone,
        trained,
        evaluated,
        train=past,
        test=future,
        features=features,
        as_of=as_of,
        canary=canary,
        accept=accept,
    )
    place(capstone, *steps, parts, compared, trained, evaluated)
    counted = {"ingest": source.outputs["counts"], "split": parts.outputs["counts"]}
    reported = {"scores": evaluated.outputs["scores"], "report": evaluated.outputs["report"], **delivered._asdict()}
    return outputs(**reported, **{name: counted[step] for name, step in (counts or {"counts": "ingest"}).items()})


def gate_and_deploy(
    capstone: str,
    model: PipelineTask,
    evaluated: PipelineTask,
    *,
    train: object,
    test: object,
    features: PipelineTask | None = None,
    as_of: Any = "",
    canary: Any = 0.0,
    accept: Any = "",
) -> Delivery:
    """Judge the model of a `train` step and register it. If it is accepted, deploy and monitor it, as the task can.

    evaluated: the step `evaluate` of the model.
    features: the step that built the features, which are written to the online store before the deployment.
    accept: why a person does without a comparison that the gate cannot make.
    """
    has = load(capstone).capabilities
    digest, scores = model.outputs["Output"], evaluated.outputs["scores"]
    units = evaluated.outputs["units"]
    gated = gate(capstone=capstone, scores=scores, units=units, model_digest=digest, test=test, accept=accept)
    verdict = gated.outputs["Output"]
    registered = register(
        capstone=capstone,
        model=model.outputs["model"],
        model_digest=digest,
        scores=scores,
        verdict=verdict,
        train=train,
        test=test,
        run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        units=units,
        accept=accept,
    )
    steps = [gated, registered]
    materialized: PipelineTask | None = None
    if features:  # next to `register`, outside of the condition: on a cluster each step in a row costs 13 s
        materialized = materialize(
            capstone=capstone,
            features=features.outputs["features"],
            training_set=features.outputs["training_set"],
            as_of=as_of,
            verdict=verdict,
        )
        steps.append(materialized)
    if has & {"endpoint", "monitoring"}:
        with dsl.If(verdict == "accepted", name="accepted"):
            if "endpoint" in has:
                deployed = deploy(
                    capstone=capstone,
                    version=registered.output,
                    test=test,
                    judged=gated.outputs["report"],
                    canary=canary,
                )
                steps.append(deployed.after(materialized) if materialized else deployed)
            if "monitoring" in has:
                watched = baseline_report(
                    capstone=capstone, model=model.outputs["model"], version=registered.output, train=train, test=test
                )
                steps.append(watched)
    # These steps act outside the run, so none of them may come from the cache.
    for step in steps:
        step.set_caching_options(False)
    place(capstone, *steps)
    return Delivery(verdict, registered.output)


def place(capstone: str, *steps: PipelineTask) -> None:
    """Give steps the capstone's image and the resources that its task states for them.

    On a cluster they also get its settings and a user. The local runner passes over both.
    """
    own, sizes = image(capstone), load(capstone).RESOURCES
    with _quick_stack():
        for step in steps:
            _set_up(step, own, sizes)
            kubernetes.add_pod_label(step, STEP_LABEL, capstone)  # network policies know Capstan's steps by it


def _set_up(step: PipelineTask, own: str, sizes: Resources) -> None:
    name = step.component_spec.name.replace("-", "_")
    size = sizes.step(name)
    step.set_cpu_request(size.cpu).set_cpu_limit(size.cpu_limit)
    step.set_memory_request(size.memory).set_memory_limit(size.memory_limit)
    if size.gpus:
        step.set_accelerator_type(GPU).set_accelerator_limit(size.gpus)
        for toleration in size.tolerations():
            kubernetes.add_toleration(step, **toleration)
    if own != BASE:  # which the component has already
        step.set_container_image(own)
    if "@" in own:  # an endpoint that a step makes has the image that the step knows of, and by itself that is a tag
        step.set_env_variable("CAPSTAN_IMAGE", own)
    # Optional: a step that finds no settings says so, and one that waits for a ConfigMap waits for ever.
    kubernetes.use_config_map_as_volume(step, STEP_SETTINGS, mount_path="/etc/capstan/settings", optional=True)
    for secret in step_secrets.NEEDED_BY.get(name, ()):
        kubernetes.use_secret_as_volume(step, secret, mount_path=f"/etc/capstan/secrets/{secret}", optional=True)
    set_security_context(step, run_as_user=USER, run_as_group=USER, run_as_non_root=True)


@contextmanager
def _quick_stack() -> Iterator[None]:
    """Have kfp's setters ask for the name of their caller without the source of every frame.

    Each of them calls `inspect.stack()`, which takes 10 ms in a small process, and 200 ms in one with torch and Feast.
    """
    stack = inspect.stack
    inspect.stack = partial(stack, 0)
    try:
        yield
    finally:
        inspect.stack = stack
