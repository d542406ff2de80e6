"""What the task details of a run in Kubeflow Pipelines say: which steps began, which ended, and how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

DRIVER = "-driver"  # a step NAME is two tasks: NAME-driver looks into the cache and makes the pod of NAME
STATES = {"SUCCEEDED": "done", "FAILED": "failed", "CANCELED": "failed"}  # one whose condition is false is SKIPPED


@dataclass(frozen=True)
class Event:
    """What happened to a step: "started", "done" or "failed", and after how many seconds since its driver's start."""

    step: str
    state: str
    seconds: float = 0.0


class Follower:
    """Reads the task details of a run again and again, and reports what is new."""

    def __init__(self, steps: set[str]):
        self.steps = steps
        self.seen: set[tuple[str, str]] = set()

    def read(self, tasks: list[dict[str, Any]]) -> list[Event]:
        """Return what happened since the last time, in that order."""
        events: list[tuple[str, bool, Event]] = []
        drivers = [task for task in tasks if self._driven(task)]
        for task in drivers:
            step = self._driven(task)
            if task.get("state") and self._is_new(task, "started"):
                events.append((_time(task, "start_time"), True, Event(step, "started")))
            # A driver that fails leaves its step without a task.
            if task.get("state") == "FAILED" and self._is_new(task, "failed"):
                events.append((_time(task, "end_time"), False, Event(step, "failed", _seconds(task, task))))
        for task in tasks:
            step, state = task.get("display_name", ""), STATES.get(task.get("state", ""))
            if step in self.steps and state and self._is_new(task, state):
                # In a loop a step has several drivers: the last one before it is its own.
                own = [item for item in drivers if self._driven(item) == step]
                own = [item for item in own if _time(item, "start_time") <= _time(task, "start_time")]
                first = max(own, key=lambda item: _time(item, "start_time"), default=task)
                events.append((_time(task, "end_time"), False, Event(step, state, _seconds(first, task))))
        return [event for _when, _began, event in sorted(events, key=lambda item: item[:2])]

    def _driven(self, task: dict[str, Any]) -> str:
        """Return the step that a task is the driver of, or nothing."""
        name = task.get("display_name", "")
        step = name.removesuffix(DRIVER)
        return step if name not in self.steps and step in self.steps else ""

    def _is_new(self, task: dict[str, Any], what: str) -> bool:
        key = (task["task_id"], what)
        new = key not in self.seen
        self.seen.add(key)
        return new


def _time(task: dict[str, Any], name: str) -> str:
    return str(task.get(name, ""))


def _seconds(first: dict[str, Any], last: dict[str, Any]) -> float:
    try:
        began = datetime.fromisoformat(_time(first, "start_time"))
        ended = datetime.fromisoformat(_time(last, "end_time"))
    except ValueError:
        return 0.0
    return max((ended - began).total_seconds(), 0.0)


def steps_of(spec: dict[str, Any]) -> set[str]:
    """Return the names of the steps of a compiled pipeline, those inside conditions and loops too."""
    components = spec.get("components", {})
    dags = [spec["root"]["dag"], *(component["dag"] for component in components.values() if "dag" in component)]
    tasks = [(name, task["componentRef"]["name"]) for dag in dags for name, task in dag.get("tasks", {}).items()]
    return {name for name, component in tasks if "executorLabel" in components.get(component, {})}
