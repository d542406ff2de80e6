"""The parts that pipelines share: the sizes of steps, and everything from the gate on. KFP traces these functions."""

from typing import Any, NamedTuple

from kfp import dsl, kubernetes
from kfp.dsl import PipelineTask
from kfp.kubernetes.security_context import set_security_context

from capstan.cluster.names import SECRETS, SETTINGS
from capstan.images import BASE, image
from components.deploy.component import deploy
from components.gate.component import gate
from components.materialize.component import materialize
from components.monitor.component import monitor
from components.register.component import register

USER = 10001  # of images/Dockerfile


class Delivery(NamedTuple):
    """The verdict on a model, "accepted" or "rejected", and the number of its version."""

    verdict: Any
    version: Any


def small(*steps: PipelineTask, extra: str = "") -> None:
    """Give steps that read, check or move data up to 2 CPUs and 4 GiB. `extra` selects the image's variant."""
    for step in steps:
        step.set_cpu_request("100m").set_cpu_limit("2").set_memory_request("512Mi").set_memory_limit("4Gi")
        _place(step, extra)


def large(*steps: PipelineTask, extra: str = "") -> None:
    """Give steps that compute on all rows up to 4 CPUs and 6 GiB. `extra` selects the image's variant."""
    for step in steps:
        step.set_cpu_request("250m").set_cpu_limit("4").set_memory_request("1536Mi").set_memory_limit("6Gi")
        _place(step, extra)


def _place(step: PipelineTask, extra: str) -> None:
    """Give a step its image and, on a cluster, its settings and a user. The local runner passes over the latter."""
    if image(extra) != BASE:  # which the component has already; each setting of kfp costs 10 ms
        step.set_container_image(image(extra))
    # Optional: a step that finds no settings says so, and one that waits for a ConfigMap waits for ever.
    kubernetes.use_config_map_as_volume(step, SETTINGS, mount_path="/etc/capstan/settings", optional=True)
    kubernetes.use_secret_as_volume(step, SECRETS, mount_path="/etc/capstan/secrets", optional=True)
    set_security_context(step, run_as_user=USER, run_as_group=USER, run_as_non_root=True)


def deliver(
    capstone: str,
    *,
    model: PipelineTask,
    scores: object,
    train: object,
    test: object,
    features: PipelineTask | None = None,
    as_of: str = "",
    canary: float = 0,
    extra: str = "",
    endpoint: bool = True,
    monitored: bool = True,
) -> Delivery:
    """Judge the model of a `train` step and register it. If it is accepted, deploy and monitor it.

    features: the step that built the features, which are written to the online store before the deployment.
    endpoint, monitored: whether the capstone has these capabilities. extra: the variant of the image.
    """
    digest = model.outputs["Output"]
    gated = gate(capstone=capstone, scores=scores, model_digest=digest, test=test)
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
    )
    sizes: dict[str, list[PipelineTask]] = {"small": [gated, registered], "large": []}
    materialized: PipelineTask | None = None
    if features:  # beside `register`, outside of the condition: on a cluster each step in a row costs 13 s
        materialized = materialize(
            capstone=capstone,
            features=features.outputs["features"],
            training_set=features.outputs["training_set"],
            as_of=as_of,
            verdict=verdict,
        )
        sizes["large"].append(materialized)
    if endpoint or monitored:
        with dsl.If(verdict == "accepted", name="accepted"):
            if endpoint:
                deployed = deploy(capstone=capstone, version=registered.output, test=test, canary=canary)
                sizes["small"].append(deployed.after(materialized) if materialized else deployed)
            if monitored:
                watched = monitor(
                    capstone=capstone, model=model.outputs["model"], version=registered.output, train=train, test=test
                )
                sizes["large"].append(watched)
    # These steps act outside the run, so none of them may come from the cache.
    for step in [*sizes["small"], *sizes["large"]]:
        step.set_caching_options(False)
    small(*sizes["small"], extra=extra)
    large(*sizes["large"], extra=extra)
    return Delivery(verdict, registered.output)
