"""Watch: a look at what the champion answered lately. It reports, checks and alerts, and takes a step of the circle."""

from datetime import UTC, datetime
from html import escape
from pathlib import Path

from capstan import notes
from capstan.catalogue import load_task
from capstan.times import instant


def watch(capstone: str, hours: float, as_of: str, circle: bool, run_id: str, html: str) -> dict[str, float]:
    """Write the report on the champion's predictions of the last hours as HTML, and add it to the workspace.

    All checks run, as of now or of an instant, alert, and are kept. With `circle`, what they found may start a
    retraining, and a version that is under way is compared, promoted or rolled back. Return the number of predictions
    and, if there were enough for a report, of columns and of those that drifted; and the number of checks and alarms.
    """
    from monitoring import live
    from monitoring.circle.daily import Daily
    from monitoring.snapshots import snapshots
    from monitoring.webhooks import sending

    moment = instant(as_of) if as_of else None
    found = live.watch(capstone, hours, run_id, moment)
    if found.note:
        notes.note(found.note)
    Path(html).parent.mkdir(parents=True, exist_ok=True)
    Path(html).write_bytes(found.page or f"<!doctype html><p>{escape(found.note)}</p>".encode())
    with sending():
        events = Daily(capstone, load_task(capstone), circle)(moment or datetime.now(UTC))
    for event in events:
        notes.note(f"{event.kind}: {event.reason}")
    seen = snapshots().newest(capstone)
    checks = seen.checks if seen else []
    return found.counts | {"checks": len(checks), "alarms": sum(check.verdict == "alarm" for check in checks)}
