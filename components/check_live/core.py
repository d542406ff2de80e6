"""The step `check-live`: check the champion's recent answers, alert, and take a step of the retraining loop."""

from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from capstan import notes
from capstan.catalogue import load
from capstan.data.times import instant
from capstan.errors import CapstanError
from capstan.services import endpoint_client


def check_live(capstone: str, hours: float, as_of: str, circle: bool, run_id: str, html: str) -> dict[str, float]:
    """Write the report on the champion's predictions of the last hours as HTML, and add it to the workspace.

    All checks run, as of now or of an instant, alert, and are kept; those of the service level only as of now. With
    `circle`, their results may start a retraining, and a version that is under way is compared, promoted or rolled
    back. Return the number of predictions and, if there were enough for a report, of columns and of those that drifted;
    and the number of checks and alarms.
    """
    from monitoring import drift_report, live_checks, service
    from monitoring.live_log import LiveLog
    from monitoring.retraining.watcher import Watcher
    from monitoring.webhooks import sending

    moment = instant(as_of) if as_of else None
    now, task = moment or datetime.now(UTC), load(capstone)
    with suppress(CapstanError):  # before the log is read; the watcher says what is wrong
        endpoint_client.flush(capstone)
    live_log = LiveLog(capstone, task, now, hours, notes.stage)
    drift = drift_report.report_drift(capstone, hours, run_id, moment, live_log=live_log)
    if drift.note:
        notes.note(drift.note)
    Path(html).parent.mkdir(parents=True, exist_ok=True)
    Path(html).write_bytes(drift.page or f"<!doctype html><p>{escape(drift.note)}</p>".encode())
    watcher = Watcher(capstone, task, circle)
    more = live_checks.skewed(capstone, task, live_log)
    if moment is None:  # the endpoint's counters know no other time than now
        more += service.check(capstone, task, now)
    with sending():
        events = watcher(now, more, live_log=live_log)
    for event in events:
        notes.note(f"{event.kind}: {event.reason}")
    checks = watcher.snapshot.checks if watcher.snapshot else []
    return drift.counts | {"checks": len(checks), "alarms": sum(check.verdict == "alarm" for check in checks)}
