"""What a person decides about a capstone: it is an event like the retraining loop's own, with who and why."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from capstan.errors import CapstanError
from capstan.rollout.state import RolloutState
from capstan.versions.registry import ACCEPTED_AT, ACCEPTED_BECAUSE, ModelVersion
from monitoring.history import CIRCLE, Event, history

HOLD = ("paused", "stopped", "resumed")
CHANGES = {"capstan promote": "promoted", "capstan rollback": "rolled back"}


def decide(capstone: str, kind: str, reason: str, by: str) -> Event:
    """Write to the history what a person did, and why: "paused" or "resumed". Raises CapstanError without a reason."""
    if not reason.strip():
        raise CapstanError("Give a reason: readers of the history want to know why.")
    now = datetime.now(UTC)
    event = Event(kind, now, reason.strip(), by=by)
    history().add(capstone, f"{kind} {now.isoformat()}", event)
    return event


def tell_change(capstone: str, state: RolloutState, version: str = "") -> Event | None:
    """Write to the history how a person last changed a roll-out, and why, unless it is there; return the event.

    The state has who and why from the same write as the change. So a change whose command was killed after it is
    recorded later, by a monitoring run or by `capstan history`. version: by default the one that was promoted; of a
    roll-back the state has none.
    """
    command, who = state.author()
    if command not in CHANGES or who == CIRCLE or not state.reason:
        return None
    kind = CHANGES[command]
    version = version or (state.champion if kind == "promoted" else "")
    by = who.partition(",")[0]  # without "at the console"
    event = Event(kind, datetime.fromisoformat(state.since), state.reason, version, by)
    history().add(capstone, f"{kind} {state.since} {state.champion}", event)
    return event


def tell_accepted(capstone: str, versions: Iterable[ModelVersion]) -> None:
    """Write to the history which versions a person let pass with `capstan run --accept`, and why."""
    for version in versions:
        if reason := version.tags.get(ACCEPTED_BECAUSE):
            since = version.tags[ACCEPTED_AT]
            event = Event("accepted", datetime.fromisoformat(since), reason, version.version, by="--accept")
            history().add(capstone, f"accepted {since} {version.version}", event)


def holding(events: Sequence[Event]) -> Event | None:
    """Return the event that holds the retraining loop up, "paused" or "stopped", or None."""
    last = next((event for event in reversed(events) if event.kind in HOLD), None)
    return last if last and last.kind != "resumed" else None
