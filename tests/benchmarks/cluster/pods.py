"""The pods of a run of Kubeflow Pipelines, with their times: each step has a driver's and an executor's."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.e2e import kube

NAME = "workflows.argoproj.io/node-name"
NAMESPACE = "kubeflow"
LOADED, WROTE = "]: Got executor_input", "]: Wrote executor output"


@dataclass
class Pod:
    """Instants of a pod as seconds since 1970. Kubernetes has whole seconds, logs have all of them."""

    created: float
    begun: float  # the first line of its main container
    loaded: float  # the step has imported its component
    wrote: float  # the step has written its outputs
    ended: float  # the last of its containers ended


@dataclass
class Task:
    """A step, or a group of steps, which has a driver only. A step from the cache has no executor either."""

    name: str
    driver: Pod
    executor: Pod | None = None

    @property
    def ended(self) -> float:
        return (self.executor or self.driver).ended


def tasks(run_id: str) -> list[Task]:
    """Return the tasks of a run that has ended, in the order in which they began."""
    by_task: dict[str, dict[str, Pod]] = {}
    for pod in kube.pods(f"pipeline/runid={run_id}", NAMESPACE):
        path = pod["metadata"]["annotations"][NAME].split(".")
        last = path[-1]
        if last == "executor":
            by_task.setdefault(path[-2], {})["executor"] = _pod(pod)
        elif last.endswith("-driver"):
            by_task.setdefault(last.removesuffix("-driver"), {})["driver"] = _pod(pod)
    finished = [Task(name, pods["driver"], pods.get("executor")) for name, pods in by_task.items()]
    return sorted(finished, key=lambda task: task.driver.created)


def _pod(pod: dict) -> Pod:
    name = pod["metadata"]["name"]
    options = [f"--namespace={NAMESPACE}", "--container=main", "--timestamps"]
    lines = kube.kubectl("logs", name, *options).splitlines()
    created = _instant(pod["metadata"]["creationTimestamp"])
    ends = [item["state"]["terminated"]["finishedAt"] for item in pod["status"]["containerStatuses"]]
    begun, last = _instant(lines[0].split()[0]), _instant(lines[-1].split()[0])
    loaded = next((_instant(line.split()[0]) for line in lines if LOADED in line), begun)
    wrote = next((_instant(line.split()[0]) for line in lines if WROTE in line), loaded)
    return Pod(created, begun, loaded, wrote, max(last, *map(_instant, ends)))


def _instant(text: str) -> float:
    # Python reads microseconds at most, and Kubernetes writes nanoseconds.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC).timestamp()
