"""`capstan cluster up`: from whatever is there to services that are ready. A second run changes nothing."""

import json
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from capstan import catalogue, families
from capstan import image_names as images
from capstan.data.files import atomic_write, digest
from capstan.settings import ROOT, settings
from cluster import artifact_keys, build, data, health, platform, readiness, secrets
from cluster.kubectl import context, find, kubectl
from cluster.names import IMAGES, KFP_NAMESPACE, NAMESPACE, SETTINGS
from cluster.options import options, overlay_folder

RENAMED = ROOT / "manifests" / "components" / "namespace" / "kustomization.yaml"
BOTH_SETTINGS = {"kind": "ConfigMap", "name": f"^({SETTINGS}|{NAMESPACE})$"}
LIBRARIES = "capstan/libraries"  # the annotation of what such a service was last made of


@dataclass(frozen=True)
class Step:
    """One line of progress. `work` may return a few words about what it did."""

    title: str
    work: Callable[[], str | None]


def steps(capstones: list[str]) -> Iterator[Step]:
    """Yield what is to be done, in order. Each step's work raises CapstanError when the user must do something.

    capstones: those whose images and data the cluster shall have. Others keep the image that they have there.
    """
    for name in capstones:
        families.of(name)  # known, before anything takes long
    yield Step("check", _check)
    yield Step("platform", platform.up)
    yield from images_of(capstones)
    yield Step("secrets", secrets.prepare)
    yield Step("artifacts", artifact_keys.prepare)
    yield Step("apply", partial(apply, capstones))
    yield Step("wait", readiness.wait)
    yield Step("stores", health.repair)
    yield Step("roles", secrets.open_stores)
    if any(task.files or task.WEIGHTS for task in map(catalogue.load, capstones)):
        yield Step("data", partial(data.upload, capstones))


def _check() -> str:
    """Look for the programs before anything takes long. Whether the context is ours shows after the platform is up."""
    chosen = options()
    overlay_folder(chosen.overlay)
    if chosen.platform_command:
        platform.need(shlex.split(chosen.platform_command)[0])  # which may bring the other programs
        return str(chosen)
    for program in ("kubectl", "docker", "kind"):
        platform.need(program)
    if chosen.image_command:
        platform.need(shlex.split(chosen.image_command)[0])
    return str(chosen)


def images_of(capstones: list[str]) -> Iterator[Step]:
    """Yield the building of the images of the core, the services and some capstones, and their handing over."""
    for name in ["", *capstones]:
        yield Step(f"build {name or 'core'}", partial(build.build, name))
    yield Step("build services", build.build_services)
    yield Step("hand over", partial(_hand_over, capstones))


def _hand_over(capstones: list[str]) -> str | None:
    own = [] if images.is_tagged(settings().image) else [images.image(name) for name in ("", *capstones)]
    for image in (*own, build.services_image()):
        build.hand_over(image)
    return None if own else f"without {settings().image}, which is used as it is"


def apply(capstones: list[str]) -> str:
    """Apply the manifests, with this code's images. Raises CapstanError when the cluster refuses them."""
    folder = settings().home / "cluster"
    with atomic_write(folder / "kustomization.yaml") as partial:
        partial.write_text(kustomization(folder))
    with atomic_write(folder / "namespace" / "kustomization.yaml") as partial:
        partial.write_text(RENAMED.read_text().replace("team-a", NAMESPACE))
    kubectl("apply", "--kustomize", str(folder))
    # Budgets of earlier versions: a pod that has two of them cannot be evicted, so no drain ends.
    kubectl("--namespace", NAMESPACE, "delete", "poddisruptionbudget", "endpoints", "stores", "--ignore-not-found")
    # By a separate patch: the images of other capstones stay.
    own = {"data": {name: build.pinned(images.image(name)) for name in capstones}}
    kubectl("--namespace", NAMESPACE, "patch", "configmap", IMAGES, "--type=merge", "--patch", json.dumps(own))
    return context()


def kustomization(folder: Path) -> str:
    """Return a kustomization for `folder` that adds to the overlay what only this checkout knows: its images.

    Raises CapstanError when there is no such overlay.
    """
    core, overlay = build.pinned(images.image()), overlay_folder(options().overlay)
    images_patch = [{"op": "replace", "path": f"/data/{images.CORE}", "value": core}]
    bucket_patch = [{"op": "replace", "path": "/data/CAPSTAN_BUCKET", "value": settings().bucket}]
    libraries_patch = [{"op": "add", "path": "/metadata/annotations", "value": {LIBRARIES: _libraries()}}]
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(overlay, folder.resolve())],  # kustomize takes no absolute paths
        "components": [] if NAMESPACE == "capstan" else ["namespace"],
        "images": [
            _renamed("capstan", core),
            _renamed("capstan-libraries", libraries_image()),
            _renamed("capstan-services", build.pinned(build.services_image())),
        ],
        "patches": [
            {"target": {"kind": "ConfigMap", "name": IMAGES}, "patch": json.dumps(images_patch)},
            {"target": {"kind": "Deployment", "name": "mlflow|evidently"}, "patch": json.dumps(libraries_patch)},
            *([{"target": BOTH_SETTINGS, "patch": json.dumps(bucket_patch)}] if settings().bucket != NAMESPACE else []),
        ],
    }
    return json.dumps(content, indent=2) + "\n"


def libraries_image() -> str:
    """Return the image of services that only use its libraries: the one they run, until those change.

    An edit of our code would otherwise restart MLflow in the middle of a run.
    """
    deployment = find("deployment", "mlflow", NAMESPACE) or {}
    if deployment.get("metadata", {}).get("annotations", {}).get(LIBRARIES) == _libraries():
        running: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        if "@" in running or not options().image_digest:
            return running
    return build.pinned(images.image())


def _libraries() -> str:
    return digest(*images.layers(()), ROOT / "capstan" / "cluster" / "prepare.py")


def _renamed(name: str, image: str) -> dict[str, str]:
    reference, _, digest = image.partition("@")
    repository, _, tag = reference.rpartition(":")
    return {"name": name, "newName": repository, "newTag": tag} | ({"digest": digest} if digest else {})


def addresses() -> dict[str, str]:
    """Return the address of each service, inside the cluster."""
    ports = {"mlflow": 5000, "evidently": 8000, "prometheus": 9090}
    urls = {name: f"http://{name}.{NAMESPACE}:{port}" for name, port in ports.items()}
    return urls | {"pipelines": f"http://ml-pipeline.{KFP_NAMESPACE}:8888"}
