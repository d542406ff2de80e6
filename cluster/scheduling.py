"""Where pods go on a cluster that others share: their queue, nodes, kind of GPU and priority: CAPSTAN_SCHEDULING.

Without this setting nothing is added. What an overlay's PodTemplate or a pipeline says itself holds against them.
"""

from typing import Any

from capstan.contract.resources import GPU
from cluster.scheduling_file import VARIABLE, scheduling

# Kueue takes in what has this label: https://kueue.sigs.k8s.io/docs/tasks/run/
QUEUE, QUEUE_PRIORITY = "kueue.x-k8s.io/queue-name", "kueue.x-k8s.io/priority-class"
ELASTIC = "kueue.x-k8s.io/elastic-job"  # the annotation of a job whose size may change


def queue_labels() -> dict[str, str]:
    """Return the labels of a job, or of a step's pod, that waits in the queue; none without a queue."""
    labels = {QUEUE: scheduling().queue, QUEUE_PRIORITY: scheduling().queue_priority}
    return {name: value for name, value in labels.items() if value}


def queued(job: dict[str, Any], elastic: bool) -> dict[str, Any]:
    """Return a RayJob that waits until Kueue starts it; the same without a queue. elastic: its size may change.

    Kueue suspends such a job by itself. Said here, no job slips past the quota while Kueue is away.
    """
    labels, known = queue_labels(), job["metadata"]
    if not labels:
        return job
    annotations = {"annotations": {ELASTIC: "true"}} if elastic else {}
    return job | {
        "metadata": known | {"labels": known["labels"] | labels} | annotations,
        "spec": job["spec"] | {"suspend": True},
    }


def placed(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the specification of a pod, of a training job or an endpoint."""
    gpus = any(GPU in container.get("resources", {}).get("limits", {}) for container in pod["containers"])
    more = {
        "containers": [_with_kind_of_gpu(container) for container in pod["containers"]],
        "nodeSelector": _node_selector(gpus) | pod.get("nodeSelector", {}),
        "tolerations": [*pod.get("tolerations", []), *_tolerations()],
        "priorityClassName": pod.get("priorityClassName", scheduling().priority_class),
    }
    return pod | {name: value for name, value in more.items() if value}


def place_steps(spec: dict[str, Any], platform: dict[str, Any]) -> None:
    """Change a compiled pipeline, its two parts. Kubeflow Pipelines has no priority class for steps.

    Steps get the setting as a variable, too: the training jobs and endpoints that they make go where the run goes, also
    when the ConfigMap of the cluster says otherwise.
    """
    pods = platform
    for part in ("platforms", "kubernetes", "deploymentSpec", "executors"):
        pods = pods.setdefault(part, {})
    for name, executor in spec["deploymentSpec"]["executors"].items():
        if "container" in executor:  # an importer has no pod
            _place_step(executor["container"], pods.setdefault(name, {}))


def _place_step(container: dict[str, Any], pod: dict[str, Any]) -> None:
    names = {item["name"] for item in container.get("env", [])}
    if (text := scheduling().text()) and VARIABLE not in names:
        container["env"] = [*container.get("env", []), {"name": VARIABLE, "value": text}]
    accelerator = container.get("resources", {}).get("accelerator", {})
    # A step that asks for another kind of GPU by itself keeps it.
    accelerator |= {key: scheduling().gpu.resource for key in ("type", "resourceType") if accelerator.get(key) == GPU}
    for part, labels in (("podMetadata", queue_labels()), ("nodeSelector", _node_selector(bool(accelerator)))):
        if labels:
            own = pod.setdefault(part, {})
            own["labels"] = labels | own.get("labels", {})
    if tolerations := _tolerations():
        pod["tolerations"] = [*pod.get("tolerations", []), *tolerations]


def _node_selector(gpus: bool) -> dict[str, str]:
    return scheduling().node_selector | (scheduling().gpu.node_selector if gpus else {})


def _tolerations() -> list[dict[str, Any]]:
    return [toleration.spec() for toleration in scheduling().tolerations]


def _with_kind_of_gpu(container: dict[str, Any]) -> dict[str, Any]:
    """Return a container that asks for the kind of GPU that the cluster has, where it asks for one."""
    resources = container.get("resources", {})
    sizes = {
        kind: {scheduling().gpu.resource if name == GPU else name: amount for name, amount in resources[kind].items()}
        for kind in ("requests", "limits")
        if GPU in resources.get(kind, {})
    }
    return container | {"resources": resources | sizes} if sizes else container
