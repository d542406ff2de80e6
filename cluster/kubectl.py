"""Running kubectl and the programs next to it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from capstan.errors import CapstanError
from cluster.names import NAMESPACE

PART_OF = "app.kubernetes.io/part-of"  # the label of everything that `capstan cluster up` makes
INSTANCE = "app.kubernetes.io/instance"  # whose it is, where several teams have a Capstan
WHERE = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "kind": "https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
    "docker": "https://docs.docker.com/engine/install/",
}
# What programs say, and what to do about it.
ADVICE = {
    "Cannot connect to the Docker daemon": "Docker does not run. Start it, and try again.",
    "current-context is not set": "kubectl has no context. Run `make cluster`, or choose a cluster with "
    "`kubectl config use-context NAME`.",
    "connection refused": "The cluster does not answer. Start it, or choose another with `kubectl config use-context "
    "NAME`.",
    "was refused - did you specify the right host or port": "The cluster does not answer. Start it, or choose another "
    "with `kubectl config use-context NAME`.",
    "could not find the requested resource": "What answers is no Kubernetes of today: without a context, kubectl asks "
    "localhost:8080. Run `make cluster`, or choose a cluster with `kubectl config use-context NAME`.",
    "Unable to connect to the server": "The cluster does not answer. Start it, or choose another with `kubectl config "
    "use-context NAME`.",
    "address already in use": "A port that the cluster needs is taken: stop what listens on it, and try again.",
    "port is already allocated": "A port that the cluster needs is taken: stop what listens on it, and try again.",
    "no space left on device": "The disk is full. Free space with `docker system prune`, and try again.",
}


def kubectl(*arguments: str, input: str | None = None) -> str:
    """Return what kubectl prints. Raises CapstanError, with one line that says what to do."""
    return program("kubectl", *arguments, input=input)


def find(kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
    """Return an object, or None when there is none. Raises CapstanError when the cluster does not answer."""
    where = ["--namespace", namespace] if namespace else []
    output = kubectl("get", kind, name, *where, "--ignore-not-found", "--output", "json")
    return json.loads(output) if output.strip() else None


def apply(*objects: dict[str, Any]) -> None:
    """Apply objects, labelled as ours. Raises CapstanError."""
    for body in objects:
        body["metadata"].setdefault("labels", {}).update({PART_OF: "capstan", INSTANCE: NAMESPACE})
    # By the server: a client-side apply would keep a copy of each Secret in an annotation.
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", input=everything)


def program(*command: str, input: str | None = None, log: Path | None = None) -> str:
    """Return what a program prints; with a log, write that there. Raises CapstanError when it is absent or fails."""
    if not shutil.which(command[0]):
        where = f": {WHERE[command[0]]}" if command[0] in WHERE else "."
        raise CapstanError(f"{command[0]} is needed and was not found. Install it{where}")
    done = subprocess.run(command, input=input, capture_output=True, text=True)
    output = done.stdout + done.stderr
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            file.write(f"$ {' '.join(command)}\n{output}\n")
    if done.returncode:
        raise CapstanError(_explain(command, output, log))
    return done.stdout


def _explain(command: tuple[str, ...], message: str, log: Path | None) -> str:
    advice = next((advice for words, advice in ADVICE.items() if words in message), "")
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    wrong = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "no output")
    see = f" See {log}." if log else ""
    return f"{advice}{see}" if advice else f"`{' '.join(command[:3])}` failed: {wrong}{see}"


def context() -> str:
    """Return the current context, if it is ours to change. Raises CapstanError when there is none, or it is not."""
    current = kubectl("config", "current-context").strip()
    if current.startswith("kind-") or current == os.environ.get("CAPSTAN_CONTEXT"):
        return current
    namespace = find("namespace", NAMESPACE)
    if namespace and namespace["metadata"].get("labels", {}).get(PART_OF) == "capstan":
        return current
    raise CapstanError(
        f"kubectl's context is {current!r}, which is neither a kind cluster nor has Capstan. If you mean that "
        f"cluster, say so with CAPSTAN_CONTEXT={current}; if not, `kubectl config use-context NAME`."
    )
