"""What is done about a capstone each day: a monitoring run, alerts, and a step of the retraining loop."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from capstan.contract.capstone import Capstone
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.rollout import store
from capstan.services import endpoint_client
from monitoring import checks_run, live_checks, references
from monitoring.alerts import Condition
from monitoring.checks.result import Check
from monitoring.history import Event, history
from monitoring.live_log import LiveLog
from monitoring.references import Reference
from monitoring.retraining import decisions
from monitoring.retraining.steps import Steps
from monitoring.retraining.training import train
from monitoring.snapshots import Snapshot


class Watcher:
    """A look at a capstone, again and again. Without `circle` it only alerts."""

    def __init__(self, capstone: str, task: Capstone, circle: bool = False):
        """Raises CapstanError for a circle of a capstone that cannot have one."""
        self._capstone, self._task, self._steps = capstone, task, None
        if circle:
            require_circle(capstone, task)
            self._steps = Steps(capstone, task, partial(train, capstone))
        self._reference: Reference | None = None
        self.snapshot: Snapshot | None = None  # at the last monitoring run

    def __call__(
        self, now: datetime, more: Sequence[Check] = (), measure: bool = True, live_log: LiveLog | None = None
    ) -> list[Event]:
        """Look, alert and decide as of an instant; return the new events.

        more: checks that were made elsewhere. measure: also the performance with intervals, which takes longer.
        live_log: the predictions, where these checks have read them.

        Raises CapstanError, also while another process looks at this capstone.
        """
        message = f"{self._capstone} is being looked at by another process. Wait for it, then try again."
        with profile().lock(f"{self._capstone}.look", message):
            return self._look(now, more, measure, live_log or LiveLog(self._capstone, self._task, now))

    def _look(self, now: datetime, more: Sequence[Check], measure: bool, live_log: LiveLog) -> list[Event]:
        before = len(history().events(self._capstone))
        state = store.read(self._capstone)
        champion = state.champion
        decisions.tell_change(self._capstone, state)
        if self._reference is None or self._reference.version != champion:
            self._reference = references.reference(self._capstone, self._task, champion)
        endpoint_client.flush(self._capstone)
        if measure:
            more = [*more, *live_checks.measured(self._task, self._reference, live_log)]
        self.snapshot = checks_run.look(
            self._capstone, self._task, self._reference, now, more, self._stopped(), live_log
        )
        if self._steps and any(event.kind == "stopped" for event in self._steps.step(now, self.snapshot.checks)):
            checks_run.report(self._capstone, self.snapshot.checks, now, self._stopped())
        return history().events(self._capstone)[before:]

    def _stopped(self) -> list[Condition]:
        """Return that the retraining loop has stopped by itself, if it has: it goes on when a person says so."""
        event = decisions.holding(history().events(self._capstone, kinds=decisions.HOLD))
        if event is None or event.kind != "stopped":
            return []
        return [Condition("circle stopped", event.at, event.reason, "critical")]


def require_circle(capstone: str, task: Capstone) -> None:
    """Raise CapstanError unless a capstone can be trained as of an instant, and compares by an outcome or a loss."""
    if "retraining" not in task.capabilities:
        raise CapstanError(f"{capstone} has no circle: its task has no `parameters_at`. See docs/adding-a-capstone.md.")
    if not (task.OUTCOME or task.losses):
        raise CapstanError(
            f"{capstone} has no circle: its task has neither an OUTCOME nor `losses` by which versions are compared."
        )
