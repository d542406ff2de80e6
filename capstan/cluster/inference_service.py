"""The InferenceService of a capstone: the model server, which serves that capstone only.

Requests are split between versions inside the server, by the roll-out's state, so no gateway is needed, and a change
of traffic restarts nothing.
"""

import json
import time
from hashlib import sha256
from typing import Any

from capstan.cluster import api, templates
from capstan.cluster.names import NAMESPACE, service_name
from capstan.errors import CapstanError

SECONDS = 300  # a first pull of the image included
PATH = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
# KServe copies annotations to the pods, so that each tells what it was made of. The status does not tell: its
# `observedGeneration` is that of the Deployment, which a change of the replicas alone does not raise.
DIGEST = "capstan/digest"
# The numbers of an autoscaler, by the annotation of the PodTemplate that sets them: a pod has no such fields.
SCALE = {
    "minReplicas": "capstan/min-replicas",
    "maxReplicas": "capstan/max-replicas",
    "scaleTarget": "capstan/cpu-target",
}


def definition(capstone: str, image: str) -> dict[str, Any]:
    """Return the InferenceService of a capstone, served by an image: the PodTemplate `endpoint`, for one capstone."""
    pod = templates.pod("endpoint", image)
    spec = pod["spec"]
    [server] = (container for container in spec["containers"] if container["name"] == "kserve-container")
    server["env"] = [*server.get("env", []), {"name": "CAPSTAN_SERVE", "value": capstone}]
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": service_name(capstone),
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/part-of": "capstan", "capstan/capstone": capstone},
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                "serving.kserve.io/autoscalerClass": "hpa",
                DIGEST: sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16],
            },
        },
        "spec": {"predictor": spec | {"labels": pod["metadata"]["labels"], "scaleMetric": "cpu"} | scale(pod)},
    }


def scale(pod: dict[str, Any]) -> dict[str, int]:
    """Return the numbers of the autoscaler. Raises CapstanError when an overlay gives something else."""
    annotations = pod["metadata"]["annotations"]
    try:
        return {field: int(annotations[annotation]) for field, annotation in SCALE.items()}
    except (KeyError, ValueError) as error:
        raise CapstanError(
            f"The PodTemplate 'endpoint' needs whole numbers in the annotations {', '.join(SCALE.values())} ({error}). "
            "Bring it up to date with `capstan cluster up`."
        ) from error


def apply(capstone: str, image: str) -> None:
    """Make the InferenceService what it should be, and wait until it is ready. Raises CapstanError with the reason."""
    path = f"{PATH}/{service_name(capstone)}"
    wanted = definition(capstone, image)
    api.apply(path, wanted)
    deadline = time.monotonic() + SECONDS
    while not _ready(api.get(path) or {}, wanted["metadata"]["annotations"][DIGEST], capstone):
        if time.monotonic() > deadline:
            raise CapstanError(f"The endpoint of {capstone} is not ready after {SECONDS} s: {_problem(capstone)}")
        time.sleep(1)


def delete(capstone: str) -> None:
    """Delete the InferenceService, its pods and its Service. Its predictions stay."""
    api.delete(f"{PATH}/{service_name(capstone)}")


def pods(capstone: str) -> list[dict[str, Any]]:
    """Return the pods that serve a capstone."""
    selector = f"serving.kserve.io/inferenceservice={service_name(capstone)}"
    found: list[dict[str, Any]] = (api.get(PODS, labelSelector=selector) or {}).get("items", [])
    return found


def is_ready(pod: dict[str, Any]) -> bool:
    """Return whether a pod gets requests."""
    conditions = pod["status"].get("conditions", [])
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _ready(found: dict[str, Any], digest: str, capstone: str) -> bool:
    conditions = {item["type"]: item["status"] for item in found.get("status", {}).get("conditions", [])}
    if conditions.get("Ready") != "True":
        return False
    # KServe says ready as soon as the Deployment is available, which it also is with pods of the definition before.
    running = [pod for pod in pods(capstone) if "deletionTimestamp" not in pod["metadata"]]
    made = [pod["metadata"].get("annotations", {}).get(DIGEST) == digest for pod in running]
    return bool(running) and all(made) and all(map(is_ready, running))


def _problem(capstone: str) -> str:
    for pod in pods(capstone):
        for container in pod["status"].get("containerStatuses", []):
            waiting = container["state"].get("waiting")
            if waiting:
                return f"pod {pod['metadata']['name']}: {waiting['reason']}: {waiting.get('message', '')}"
        for condition in pod["status"].get("conditions", []):
            if condition["status"] == "False" and condition.get("message"):
                return f"pod {pod['metadata']['name']}: {condition['message']}"
    return f"see `kubectl -n {NAMESPACE} describe inferenceservice {service_name(capstone)}`."
