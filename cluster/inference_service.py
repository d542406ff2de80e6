"""The InferenceService of a capstone: the model server, which serves that capstone only.

Requests are split between versions inside the server, by the roll-out's state, so no gateway is needed, and a change
of traffic restarts nothing.
"""

import json
import time
from hashlib import sha256
from typing import Any

from capstan.catalogue import load
from capstan.contract.resources import millicores
from capstan.errors import CapstanError
from cluster import api, pod_state, templates
from cluster.names import NAMESPACE, service_name
from cluster.readiness import trouble_of

SECONDS = 300  # a first pull of the image included
REFUSED_SECONDS = 20  # a pod of the version before may make room meanwhile
PATH = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
BUDGETS = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"
# KServe copies annotations to the pods, so that each states what it was made of. The status does not: its
# `observedGeneration` is that of the Deployment, which a change of the replicas alone does not raise.
DIGEST = "capstan/digest"
# The numbers of an autoscaler, by the annotation of the PodTemplate that sets them: a pod has no such fields.
REPLICAS = {"minReplicas": "capstan/min-replicas", "maxReplicas": "capstan/max-replicas"}
CPU_TARGET = "capstan/cpu-target"
LEAST_PERCENT = 90  # of the request of an endpoint that asks for more than it


def definition(capstone: str, image: str) -> dict[str, Any]:
    """Return the InferenceService of a capstone, served by an image.

    It is the PodTemplate `endpoint`, for one capstone, with the size that its task states.
    """
    pod = templates.pod("endpoint", image, load(capstone).RESOURCES.endpoint)
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
        "spec": {"predictor": spec | {"labels": pod["metadata"]["labels"]} | scale(pod)},
    }


def budget(capstone: str, service: dict[str, Any]) -> dict[str, Any]:
    """Return the disruption budget of an endpoint: a drain takes one pod at a time. It ends with its InferenceService.

    Each endpoint has its own, so that one whose pods are not ready does not hold up the drain of the others.
    """
    name = service_name(capstone)
    owner = {
        "apiVersion": service["apiVersion"],
        "kind": service["kind"],
        "name": name,
        "uid": service["metadata"]["uid"],
    }
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/part-of": "capstan", "capstan/capstone": capstone},
            "ownerReferences": [owner],
        },
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": {"serving.kserve.io/inferenceservice": name}},
        },
    }


def scale(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the autoscaler's part of a predictor. Raises CapstanError when an overlay gives what is no number.

    Another pod starts when the pods use more CPU than the target on average, and more than 90 % of what they ask for.
    An idle endpoint asks for little, so the target is a multiple of that.
    """
    annotations, resources = pod["metadata"]["annotations"], pod["spec"]["containers"][0]["resources"]
    try:
        replicas = {field: int(annotations[annotation]) for field, annotation in REPLICAS.items()}
        percent = 100 * millicores(annotations[CPU_TARGET]) // millicores(resources["requests"]["cpu"])
    except (KeyError, ValueError) as error:
        raise CapstanError(
            f"The PodTemplate 'endpoint' needs whole numbers in the annotations {', '.join(REPLICAS.values())}, and "
            f"CPUs in {CPU_TARGET}, such as 225m ({error}). Bring it up to date with `capstan cluster up`."
        ) from error
    # By `autoScaling`: KServe refuses a `scaleTarget` over 100, and takes no `averageValue` for CPU.
    target = {"type": "Utilization", "averageUtilization": max(percent, LEAST_PERCENT)}
    return replicas | {
        "autoScaling": {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]}
    }


def apply(capstone: str, image: str) -> None:
    """Make the InferenceService what it should be, and wait until it is ready. Raises CapstanError with the reason."""
    path = f"{PATH}/{service_name(capstone)}"
    wanted = definition(capstone, image)
    service = api.apply(path, wanted)
    api.apply(f"{BUDGETS}/{service_name(capstone)}", budget(capstone, service))
    began, allowed = time.monotonic(), time.monotonic()
    while not _ready(api.get(path) or {}, wanted["metadata"]["annotations"][DIGEST], capstone):
        refusal, now = _refusal(capstone), time.monotonic()
        allowed = allowed if refusal else now
        if now - allowed > REFUSED_SECONDS:
            raise CapstanError(
                f"The endpoint of {capstone} gets no pod: {refusal} Retire another capstone, lower the endpoint's size "
                "in RESOURCES of its task, or raise the quota in an overlay."
            )
        if now - began > SECONDS:
            raise CapstanError(f"The endpoint of {capstone} is not ready after {SECONDS} s: {_problem(capstone)}")
        time.sleep(1)


def delete(capstone: str) -> None:
    """Delete the InferenceService, its pods, its Service and its disruption budget. Its predictions stay."""
    api.delete(f"{PATH}/{service_name(capstone)}")


def pods(capstone: str) -> list[dict[str, Any]]:
    """Return the pods that serve a capstone."""
    selector = f"serving.kserve.io/inferenceservice={service_name(capstone)}"
    items: list[dict[str, Any]] = (api.get(PODS, labelSelector=selector) or {}).get("items", [])
    return items


def is_ready(pod: dict[str, Any]) -> bool:
    """Return whether a pod gets requests."""
    conditions = pod["status"].get("conditions", [])
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def killed(capstone: str) -> list[str]:
    """Return a sentence on each server that Kubernetes killed for its memory and started again, or will."""
    return [
        f"Kubernetes killed the server in {pod['metadata']['name']}: it took more memory than its limit, which "
        f"RESOURCES of the task of {capstone} sets."
        for pod in pods(capstone)
        if pod_state.out_of_memory(pod)
    ]


def _ready(service: dict[str, Any], digest: str, capstone: str) -> bool:
    conditions = {item["type"]: item["status"] for item in service.get("status", {}).get("conditions", [])}
    if conditions.get("Ready") != "True":
        return False
    # KServe says ready as soon as the Deployment is available, which it also is with pods of the definition before.
    running = [pod for pod in pods(capstone) if "deletionTimestamp" not in pod["metadata"]]
    current = [pod["metadata"].get("annotations", {}).get(DIGEST) == digest for pod in running]
    return bool(running) and all(current) and all(map(is_ready, running))


def _refusal(capstone: str) -> str:
    """Return why Kubernetes makes no pod of an endpoint, such as a quota, or ""."""
    status = (api.get(f"{DEPLOYMENTS}/{service_name(capstone)}-predictor") or {}).get("status", {})
    failed = [item["message"] for item in status.get("conditions", []) if item["type"] == "ReplicaFailure"]
    return f"{failed[0].rstrip('.')}." if failed else ""


def _problem(capstone: str) -> str:
    for pod in pods(capstone):
        if unscheduled := trouble_of(pod):
            return unscheduled
        for container in pod["status"].get("containerStatuses", []):
            waiting = container["state"].get("waiting")
            if waiting:
                return f"pod {pod['metadata']['name']}: {waiting['reason']}: {waiting.get('message', '')}"
        for condition in pod["status"].get("conditions", []):
            if condition["status"] == "False" and condition.get("message"):
                return f"pod {pod['metadata']['name']}: {condition['message']}"
    return f"see `kubectl -n {NAMESPACE} describe inferenceservice {service_name(capstone)}`."
