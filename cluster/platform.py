"""The platform under Capstan: a cluster with Kubeflow Pipelines, KServe and KubeRay."""

import json
import shlex
import shutil

from capstan.errors import CapstanError
from capstan.services.waiting import retried
from capstan.settings import ROOT
from cluster import build
from cluster.kubectl import WHERE, context, find, kubectl, program
from cluster.names import KFP_NAMESPACE
from cluster.options import options

CLUSTER = "capstan"  # kind's name of it; its context is kind-capstan
CREATED = "capstan/created-by"  # on namespace kube-system of a cluster that we made, and may delete
GIB = 2**30
LEAST_MEMORY = 6 * GIB
SECONDS = 900  # the first time, images are pulled
PARTS = {
    "Kubeflow Pipelines": ("deployment", "ml-pipeline", KFP_NAMESPACE),
    "KServe": ("deployment", "kserve-controller-manager", "kserve"),
    "KServe's InferenceService": ("crd", "inferenceservices.serving.kserve.io", ""),
    "KubeRay's RayJob": ("crd", "rayjobs.ray.io", ""),
}


def need(name: str) -> None:
    """Raise CapstanError when a program is absent."""
    if not shutil.which(name):
        where = f": {WHERE[name]}" if name in WHERE else "."
        raise CapstanError(f"{name} is needed and was not found. Install it{where}")


def up() -> str:
    """Bring up the platform, or find it up. Return the context. Raises CapstanError."""
    command = options().platform_command
    if command:
        program(*shlex.split(command), log=build.log())
    else:
        _kind()
    current = context()
    if not command and _missing():
        _install()
    _wait()
    _check_memory()
    return current


def _kind() -> None:
    """Make a kind cluster, unless there is one of that name."""
    if CLUSTER in program("kind", "get", "clusters").split():
        return
    memory = int(program("docker", "info", "--format", "{{.MemTotal}}").strip() or 0)
    _refuse_less(memory, "Docker has")
    program("kind", "create", "cluster", "--name", CLUSTER, "--wait", "180s", log=build.log())
    kubectl("annotate", "namespace", "kube-system", f"{CREATED}=capstan")


def _missing() -> list[str]:
    return [title for title, where in PARTS.items() if not find(*where)]


def _install() -> None:
    """Apply the upstream manifests until all of them hold: some need a definition or a webhook that others bring."""
    apply = [
        "kubectl",
        "apply",
        "--server-side",
        "--force-conflicts",
        "--kustomize",
        str(ROOT / "manifests" / "platform"),
    ]
    retried(lambda: program(*apply, log=build.log()), CapstanError, SECONDS, pause=5)


def _wait() -> None:
    """Wait until every part is there and available."""
    if missing := _missing():
        raise CapstanError(
            f"The platform lacks {', '.join(missing)}. Install it as manifests/platform/README.md says, or "
            "give `--platform-command` a command that does."
        )
    for namespace in (KFP_NAMESPACE, "kserve"):
        arguments = ["--for=condition=available", f"--timeout={SECONDS}s", "--all"]
        try:
            kubectl("--namespace", namespace, "wait", "deployment", *arguments)
        except CapstanError as error:
            raise CapstanError(
                f"The platform is not ready ({error}). See `kubectl get pods --namespace {namespace}`, and run "
                "`capstan cluster up` again."
            ) from None


def _check_memory() -> None:
    nodes = json.loads(kubectl("get", "nodes", "--output", "json"))["items"]
    memory = sum(_bytes(node["status"]["allocatable"]["memory"]) for node in nodes)
    _refuse_less(memory, "The cluster's nodes have")


def _refuse_less(memory: int, who: str) -> None:
    if memory < LEAST_MEMORY:
        raise CapstanError(
            f"{who} {memory / GIB:.1f} GiB of memory, and {LEAST_MEMORY // GIB} are needed. Give Docker more, "
            "or choose a larger machine."
        )


def _bytes(quantity: str) -> int:
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
    return int(quantity[:-2]) * units[quantity[-2:]] if quantity[-2:] in units else int(quantity.rstrip("k"))
