"""Whether our services are ready, and if not, why."""

import json
import time
from dataclasses import dataclass
from typing import Any

from capstan.errors import CapstanError
from cluster.kubectl import kubectl
from cluster.names import NAMESPACE
from cluster.options import options

SECONDS = 300
PATIENCE = 20  # seconds that a pod may be in trouble: one of an earlier version may be on its way out
NOT_PULLED = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName")


@dataclass(frozen=True)
class Service:
    """A Deployment or StatefulSet of ours."""

    name: str
    ready: int
    wanted: int
    current: bool  # every pod is of the version that was applied last

    @property
    def is_ready(self) -> bool:
        return self.current and self.ready >= self.wanted


def services() -> list[Service]:
    """Return our services. Raises CapstanError when the cluster does not answer."""
    return [_service(item) for item in _list("deployments,statefulsets")]


def wait() -> None:
    """Wait until every service is ready. Raises CapstanError, with the reason, when one will not be."""
    deadline, trouble_since, before = time.monotonic() + SECONDS, time.monotonic(), ""
    while True:
        waiting = [service.name for service in services() if not service.is_ready]
        if not waiting:
            return
        trouble = next(iter(troubles()), "")
        now = time.monotonic()
        trouble_since = now if trouble != before else trouble_since
        before = trouble
        if trouble and now - trouble_since > PATIENCE:
            raise CapstanError(trouble)
        if now > deadline:
            names = ", ".join(waiting)
            raise CapstanError(
                f"Not ready after {SECONDS} s: {names}. See `kubectl --namespace {NAMESPACE} get events`."
            )
        time.sleep(1)


def troubles() -> list[str]:
    """Return why our pods cannot start and what to do about it. Raises CapstanError."""
    return [trouble for pod in _list("pods") if (trouble := trouble_of(pod))]


def trouble_of(pod: dict[str, Any]) -> str:
    """Return why a pod cannot start and what to do, or ""."""
    name, status = pod["metadata"]["name"], pod["status"]
    for condition in status.get("conditions", []):
        if condition.get("reason") == "Unschedulable":
            return f"No node has room for {name}: {condition['message']} Give the cluster more, or stop something."
    for container in status.get("initContainerStatuses", []) + status.get("containerStatuses", []):
        waiting = container["state"].get("waiting", {})
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        if reason in NOT_PULLED:
            return (
                f"The cluster cannot get the image {container['image']} ({reason}). Hand it over with `"
                f"{options().image_command or 'kind load docker-image --name capstan'} {container['image']}`, or "
                "give `capstan cluster up --image-command` the command that does."
            )
        if reason == "CreateContainerConfigError":
            return f"{name} lacks something: {message}. `capstan cluster up` makes the Secrets and the ConfigMap again."
        if reason == "CrashLoopBackOff":
            logs = f"kubectl --namespace {NAMESPACE} logs {name} --container {container['name']}"
            return f"{name} ends as soon as it starts. See `{logs}`."
    return ""


def _service(item: dict[str, Any]) -> Service:
    status, wanted = item.get("status", {}), item["spec"].get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
    current = seen and status.get("updatedReplicas", 0) >= wanted and status.get("replicas", 0) <= wanted
    return Service(item["metadata"]["name"], status.get("readyReplicas", 0), wanted, current)


def _list(kinds: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(kubectl("--namespace", NAMESPACE, "get", kinds, "--output=json"))["items"]
    return items
