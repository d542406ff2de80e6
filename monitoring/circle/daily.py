"""What is done about a capstone each day: a look, alerts, and a step of the circle."""

from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

from capstan import endpoint_client
from capstan.rollout import store
from monitoring import looks
from monitoring.circle.steps import Steps
from monitoring.history import Event, history
from monitoring.looks import Reference

Train = Callable[[str, dict[str, Any]], tuple[str, str]]


class Daily:
    """A look at a capstone, again and again. Without `train` it only alerts."""

    def __init__(self, capstone: str, task: ModuleType, train: Train | None = None):
        self._capstone, self._task, self._steps = capstone, task, None
        if train:
            self._steps = Steps(capstone, task, lambda parameters: train(capstone, parameters))
        self._reference: Reference | None = None

    def __call__(self, now: datetime) -> list[Event]:
        """Look, alert and decide as of an instant; return the new events. Raises CapstanError."""
        before = len(history().events(self._capstone))
        champion = store.read(self._capstone).champion
        if self._reference is None or self._reference.version != champion:
            self._reference = looks.reference(self._capstone, self._task, champion)
        endpoint_client.flush(self._capstone)
        found = looks.look(self._capstone, self._task, self._reference, now)
        if self._steps:
            self._steps.step(now, found.checks)
        return history().events(self._capstone)[before:]
