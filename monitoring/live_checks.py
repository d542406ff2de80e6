"""Checks of live predictions that take longer than counting: performance with intervals, training-serving skew."""

from capstan.contract.capstone import Capstone
from capstan.rollout import store
from capstan.versions.best import bounds_of
from monitoring import references
from monitoring.checks.performance import performance
from monitoring.checks.result import Check, alarms
from monitoring.live_log import LiveLog
from monitoring.references import Reference
from monitoring.skew import NOT_COMPARED, skew

SHOWN = 2  # features in a message


def measured(task: Capstone, against: Reference, live_log: LiveLog) -> list[Check]:
    """Return the metrics of the outcome on the labels that are known now, with intervals, next to the gate's limits."""
    outcome = task.OUTCOME
    if outcome is None:
        return []
    live_log.stage("measuring the performance")
    log = live_log.labelled(against.version)
    if log.empty or outcome.target not in against.rows:
        return []
    rows, checks = references.signals_of(task, log, against), against.checks
    return performance(rows, outcome, checks, bounds_of(task.name, against.version, task.THRESHOLDS))


def skewed(capstone: str, task: Capstone, live_log: LiveLog) -> list[Check]:
    """Return whether features online equalled those of the offline store, of predictions of the hours: one check."""
    if "features" not in task.capabilities:
        return []
    live_log.stage("comparing features online and offline")
    log = live_log.recent(store.read(capstone).champion).rows
    if log.empty:
        return []
    checks = skew(capstone, task, log)
    worst = sorted(alarms(checks), key=lambda check: -(check.statistic or 0))
    message = f"{len(worst)} of {len(checks)} features differ online from offline."
    shown = " ".join(
        check.message for check in worst[:SHOWN] or [check for check in checks if NOT_COMPARED in check.message][:1]
    )
    largest = max(check.statistic or 0 for check in checks)
    return [Check("skew", "features", "alarm" if worst else "ok", largest, 0.0, message=f"{message} {shown}".strip())]
