"""What the console shows of capstones, from the registry and the loop's tables. What is away hides nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from monitoring.alerts import Alert, Alerts, alerts
from monitoring.history import Event, History, history
from monitoring.retraining.decisions import HOLD, holding
from monitoring.snapshots import Key, Snapshot, Snapshots, snapshots
from serving import metrics
from serving.model.repository import CapstoneRepository
from serving.monitoring.checks import Look, grouped, look, series, short
from serving.monitoring.links import links

SPAN = timedelta(days=90)  # of the series, up to the newest monitoring run
EVENTS, CLEARED = 200, 20  # the newest of these
LOOKS = 180  # in the series: two a day; of more, each nth
Content = TypeVar("Content")


class Reading:
    """One answer: what could be read for it, and `problems`, which say why the rest could not."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}

    def read(self, source: str, work: Callable[[], Content]) -> Content | None:
        """Return what a source holds, or None. One that failed in this reading is not asked again."""
        if source not in self.problems:
            try:
                return work()
            except CapstanError as error:
                self.problems[source] = str(error)
        return None


class ConsoleData:
    """What is known of the capstones; `repository` are those that this process serves."""

    def __init__(self, repository: CapstoneRepository):
        self.repository = repository
        self._looks: dict[str, dict[Key, Look]] = {}

    @cached_property
    def alerts(self) -> Alerts:
        """Opened once, as the other two: each would look again whether its tables are there."""
        return alerts()

    @cached_property
    def history(self) -> History:
        """The events."""
        return history()

    @cached_property
    def snapshots(self) -> Snapshots:
        """What the monitoring runs found."""
        return snapshots()

    def overview(self) -> dict[str, Any]:
        """Return every capstone in short. Each table is read once for all."""
        reading = Reading()
        states = reading.read("mlflow", store.read_all)
        newest = reading.read("database", self.snapshots.newest_of_all) or {}
        alerts = reading.read("database", lambda: self.alerts.latest(CLEARED)) or {}
        events = reading.read("database", lambda: self.history.last(HOLD)) or {}
        capstones = []
        for name in catalogue.names():
            state = None if states is None else states.get(name, RolloutState())
            held = [events[name]] if name in events else []
            capstones.append(self._short(name, state, Records(newest.get(name), alerts.get(name, []), held)))
        return {"capstones": capstones, "problems": list(reading.problems.values())}

    def detail(self, name: str) -> dict[str, Any]:
        """Return all about a capstone, the newest events and alerts first."""
        reading = Reading()
        newest = reading.read("database", lambda: self.snapshots.newest(name))
        alerts = reading.read("database", lambda: self.alerts.latest(CLEARED, name)) or {}
        events = reading.read("database", lambda: self.history.events(name)) or []
        kept = Records(newest, alerts.get(name, []), events)
        summary = self._short(name, reading.read("mlflow", lambda: store.read(name)), kept)
        looks = list((reading.read("database", lambda: self._seen(name, newest.at)) or {}).values()) if newest else []
        champion = (summary["rollout"] or {}).get("champion", "")
        return summary | {
            "checks": grouped(newest.checks if newest else []),
            "looks": [entry.short for entry in looks],
            "series": series(looks),
            # The open ones first.
            "alerts": [_alert(alert) for alert in sorted(kept.alerts, key=lambda entry: entry.cleared_at is not None)],
            "events": [event.as_dict() for event in reversed(events[-EVENTS:])],
            "links": reading.read("mlflow", lambda: links(name, champion)) or {},
            "problems": list(reading.problems.values()),
        }

    def _seen(self, name: str, newest: datetime) -> dict[Key, Look]:
        """Return the monitoring runs up to the newest. Each is parsed once: they have a hundred checks each."""
        self._looks[name] = self.snapshots.since(name, newest - SPAN, LOOKS, look, self._looks.get(name, {}))
        return self._looks[name]

    def _short(self, name: str, state: RolloutState | None, records: "Records") -> dict[str, Any]:
        model = self.repository.models.get(name)
        opened = [alert for alert in records.alerts if alert.cleared_at is None]
        held = holding(records.events)
        return {
            "name": name,
            "title": model.main.title if model else "",
            "served": model.variants() if model else {},
            "monitored": "monitoring" in model.main.variant.loaded.task.capabilities if model else False,
            "rollout": state.shown() | {"traffic": state.traffic.describe()} if state else None,
            "requests": {"all": _count(metrics.requests, name), "failed": _count(metrics.errors, name)},
            "look": short(records.newest) if records.newest else None,
            "open": len(opened),
            "critical": sum(alert.condition.severity == "critical" for alert in opened),
            "waiting": sum(alert.waiting for alert in records.alerts),
            "lost": sum(alert.lost for alert in records.alerts),
            "held": held.as_dict() if held else None,
        }


class Records(NamedTuple):
    """What the retraining loop's tables have of a capstone."""

    newest: Snapshot | None
    alerts: list[Alert]  # those that are shown: all open ones, and the newest of those that cleared
    events: list[Event]


def _alert(alert: Alert) -> dict[str, Any]:
    condition = alert.condition
    return {
        "number": alert.number,
        "condition": condition.name,
        "severity": condition.severity,
        "message": condition.message,
        "link": condition.link,
        "since": condition.since.isoformat(),
        "opened_at": alert.opened_at.isoformat(),
        "cleared_at": alert.cleared_at.isoformat() if alert.cleared_at else None,
        "waiting": alert.waiting,
        "lost": alert.lost,
    }


def _count(counter: Any, name: str) -> int:
    """Return what a counter of requests has counted of a capstone since this process began."""
    samples = [sample for metric in counter.collect() for sample in metric.samples]
    mine = [sample.value for sample in samples if sample.name.endswith("_total") and sample.labels["model"] == name]
    return int(sum(mine))
