"""What a person decides about a capstone: it is an event like the circle's own, with who and why."""

from collections.abc import Sequence
from datetime import UTC, datetime

from capstan.errors import CapstanError
from monitoring.history import Event, history

HOLD = ("paused", "stopped", "resumed")


def decide(capstone: str, kind: str, reason: str, by: str, version: str = "") -> Event:
    """Write to the history what a person did, and why. Raises CapstanError without a reason.

    kind: "paused", "resumed", "promoted" or "rolled back".
    """
    if not reason.strip():
        raise CapstanError("Give a reason: whoever reads the history wants to know why.")
    now = datetime.now(UTC)
    event = Event(kind, now, reason.strip(), version, by)
    history().add(capstone, f"{kind} {now.isoformat()}", event)
    return event


def holding(events: Sequence[Event]) -> Event | None:
    """Return the event that holds the circle up, "paused" or "stopped", or None."""
    last = next((event for event in reversed(events) if event.kind in HOLD), None)
    return last if last and last.kind != "resumed" else None
