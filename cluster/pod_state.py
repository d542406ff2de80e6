"""What the status of a step's pod says: why it waits, why it will never start, and whether it was lost.

A lost pod ended by no fault of its step: somebody deleted it, Kubernetes evicted it, or its node went away.
"""

from datetime import datetime
from typing import Any

HANGS_SECONDS = 180  # more than it takes to pull an image of ours
# The reasons in a pod's condition DisruptionTarget.
DISRUPTIONS = {
    "PreemptionByScheduler": "a pod of higher priority took its place",
    "DeletionByTaintManager": "its node does not answer, or keeps pods away",
    "EvictionByEvictionAPI": "it was evicted, as when its node is drained",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "its node ended it",
}
HELD = ("Unschedulable", "SchedulingGated")  # reasons of a pod without a node; the latter waits in a queue
DEADLINE = "DeadlineExceeded"  # the reason of a pod whose run was stopped
RESTARTED = "its node restarted under it"
DELETED = "it was deleted"


def loss(pod: dict[str, Any]) -> str:
    """Return why a pod was lost; "" for one that works, succeeded, or failed by itself."""
    status = pod["status"]
    if status.get("phase") == "Succeeded":
        return ""
    reason, message = status.get("reason", ""), status.get("message", "").rstrip(". \n")
    for condition in status.get("conditions", []):
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            why = DISRUPTIONS.get(condition["reason"], condition["reason"])
            return f"{why} ({message})" if message else why
    if any(end.get("reason") == "Unknown" for end in _ends(pod)):  # they ended unseen
        return RESTARTED
    if "deletionTimestamp" in pod["metadata"]:
        return DELETED
    # Containers that fail give a pod no reason. The kubelet does, such as NodeAffinity or Shutdown.
    if status.get("phase") == "Failed" and reason not in ("", DEADLINE):
        return f"{reason} ({message})" if message else reason
    return ""


def works(pod: dict[str, Any]) -> bool:
    """Return whether a pod has not ended, and was not lost."""
    return pod["status"].get("phase") in ("Pending", "Running") and not loss(pod)


def failed(pod: dict[str, Any]) -> bool:
    """Return whether a pod failed by itself."""
    return pod["status"].get("phase") == "Failed" and not loss(pod)


def out_of_memory(pod: dict[str, Any]) -> bool:
    """Return whether a container was killed because it took more memory than its limit, perhaps before it restarted."""
    before = [item.get("lastState", {}).get("terminated", {}) for item in pod["status"].get("containerStatuses", [])]
    return any(end.get("reason") == "OOMKilled" for end in [*_ends(pod), *before])


def finished(pod: dict[str, Any]) -> str:
    """Return when the last container of a pod ended."""
    return max((str(end.get("finishedAt", "")) for end in _ends(pod)), default="")


def waiting(pod: dict[str, Any]) -> str:
    """Return why a pod cannot start, or nothing."""
    states = [state.get("waiting", {}) for state in _states(pod)]
    states += [item for item in pod["status"].get("conditions", []) if item.get("reason") in HELD]
    for state in states:
        if state.get("reason", "") not in ("", "ContainerCreating", "PodInitializing"):
            advice = " `capstan cluster up CAPSTONE` builds its image." if "Image" in state["reason"] else ""
            message = f"{pod['metadata']['name']} waits: {state['reason']}: {state.get('message', '')}".rstrip(": ")
            return message + advice
    return ""


def hangs(pod: dict[str, Any], now: datetime) -> bool:
    """Return whether a pod's init containers have ended long ago, a container after them never began, and none runs.

    Kubernetes leaves a pod so whose node restarted under it.
    """
    conditions = {item["type"]: item for item in pod["status"].get("conditions", [])}
    initialized = conditions.get("Initialized", {})
    if initialized.get("status") != "True" or not pod["status"].get("initContainerStatuses"):
        return False
    since = datetime.fromisoformat(initialized["lastTransitionTime"])
    states = _states(pod)
    reasons = [state["waiting"].get("reason", "") for state in states if "waiting" in state]
    none_runs = not any("running" in state for state in states)
    still = bool(reasons) and none_runs and all(reason in ("", "PodInitializing") for reason in reasons)
    return still and (now - since).total_seconds() > HANGS_SECONDS


def is_ready(node: dict[str, Any]) -> bool:
    """Return whether a node of the cluster answers."""
    conditions = node.get("status", {}).get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def _states(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [item.get("state", {}) for item in pod["status"].get("containerStatuses", [])]


def _ends(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [state.get("terminated", {}) for state in _states(pod)]
