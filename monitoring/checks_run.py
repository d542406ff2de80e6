"""A look at a capstone's live predictions: all checks as of an instant, and what they alert about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from capstan.contract.capstone import Capstone
from monitoring import alerts, conditions, log_counts, signals
from monitoring.alerts import Condition
from monitoring.checks import quality, verdicts
from monitoring.checks.result import Check, alarms
from monitoring.history import MONITORING, Event, history
from monitoring.live_log import LiveLog
from monitoring.references import Reference
from monitoring.snapshots import Snapshot, snapshots
from predictions.pieces import Wanted


def look(
    capstone: str,
    task: Capstone,
    against: Reference,
    now: datetime,
    more: Sequence[Check] = (),
    others: Sequence[Condition] = (),
    live_log: LiveLog | None = None,
) -> Snapshot:
    """Check the version's predictions with the labels that are known now, alert, and keep the results.

    more: checks that were made elsewhere, such as those of the service level. others: what else is wrong. live_log: the
    predictions, where other parts of the monitoring run read them too.
    The windows end with the last whole day of UTC before `now`, by the times of the predictions. Signals without a time
    are compared up to `now`. Without predictions there is no check.
    """
    snapshot = check(capstone, task, against, now, live_log)
    snapshot = replace(snapshot, checks=[*snapshot.checks, *more])
    report(capstone, snapshot.checks, now, others)
    snapshots().keep(capstone, snapshot)
    return snapshot


def check(
    capstone: str, task: Capstone, against: Reference, now: datetime, live_log: LiveLog | None = None
) -> Snapshot:
    """Return every check of the version's predictions, with the labels that are known now."""
    checks = against.checks
    until = now.replace(hour=0, minute=0, second=0, microsecond=0) if checks.time else now
    live_log = live_log or LiveLog(capstone, task, now)
    wanted = Wanted(until - timedelta(days=2 * max(checks.windows)), until)
    newest = until - timedelta(days=min(checks.windows))
    if live_log.is_whole:
        log = signals.answers(live_log.predicted(*wanted[:2]), against.version)
        live_log.stage(f"checking {len(log):,} predictions")
        counts = log_counts.of_frame(task, log, against, newest)
    else:
        live_log.stage("checking the predictions, piece by piece")
        counts = log_counts.of_pieces(capstone, against, wanted, newest, now, live_log.pieces)
    if not counts.days:
        return Snapshot(now, against.version, 0, 0, [])
    outcome = task.OUTCOME
    results = verdicts.check(against.counted, counts.days, checks, signals.optional(task))
    # A label that is not known yet is no null.
    results = [entry for entry in results if not (outcome and entry.name == "nulls" and entry.signal == outcome.target)]
    if "contract" in task.capabilities:
        results += quality.judge(counts.contract, task.CONTRACT_LIMIT)
    return Snapshot(now, against.version, counts.predictions, counts.labels, results)


def report(capstone: str, checks: Sequence[Check], now: datetime, others: Sequence[Condition] = ()) -> None:
    """Alert about new alarms; add these, and those that cleared, to the history.

    Alarms of one kind that begin together are one condition. It has cleared when all its checks say ok; one that has
    cleared before the others may alert again. While nothing can be said, it stays. One of `others` has cleared when it
    is not among them.
    The history comes first: a run that is killed here and repeated as of the same instant loses none of it.
    """
    opened = {alert.condition.name: alert.condition for alert in alerts.alerts().alerts(capstone, open_only=True)}
    events = history().events(capstone, kinds=("alert", "cleared")) if opened else []
    members = conditions.members(opened, events)
    known = {name for names in members.values() for name in names}
    new = [check for check in alarms(list(checks)) if conditions.key(check) not in known]
    holding = {
        condition.name: condition
        for condition in (*others, *conditions.conditions(new, now, alerts.link(capstone), opened))
    }
    for name in sorted(holding.keys() - opened.keys()):
        condition = holding[name]
        evidence: dict[str, Any] = {"since": condition.since.isoformat(), "severity": condition.severity}
        if condition.checks:
            evidence |= {"condition": name, "checks": condition.checks}
        event = Event("alert", now, condition.message, by=MONITORING, evidence=evidence)
        history().add(capstone, f"alert {name} {now.isoformat()}", event)
    gone = []
    for name in sorted(opened.keys() - holding.keys()):
        over = conditions.cleared(members[name], checks)
        if len(over) == len(members[name]):
            gone.append(name)
            event = Event("cleared", now, f"{name} has cleared.", by=MONITORING)
        elif over:
            evidence = {"condition": name, "checks": over}
            reason = f"Of {name}, these have cleared: {', '.join(over)}."
            event = Event("cleared", now, reason, by=MONITORING, evidence=evidence)
        else:
            continue
        history().add(capstone, f"cleared {name} {now.isoformat()}", event)
    still = [opened[name] for name in opened.keys() - holding.keys() - set(gone)]
    alerts.alerts().report(capstone, [*holding.values(), *still], now, alerts.webhooks())
