"""Checks of live predictions that take longer than counting: performance with intervals, training-serving skew."""

from datetime import datetime, timedelta

from capstan.capstone import Capstone
from capstan.rollout import store
from monitoring import checks_run, signals
from monitoring.checks.performance import performance
from monitoring.checks.result import Check, alarms
from monitoring.checks_run import Reference
from monitoring.skew import skew
from predictions.labelled import labelled

SHOWN = 2  # features in a message
LABELLED = timedelta(days=28)  # labels come late: performance is that of some weeks


def measured(capstone: str, task: Capstone, against: Reference, now: datetime) -> list[Check]:
    """Return the metrics of the outcome on the labels that are known now, with intervals, beside THRESHOLDS."""
    outcome = task.OUTCOME
    if outcome is None:
        return []
    log = signals.answers(labelled(capstone, now - LABELLED, now, known_by=now), against.version)
    if log.empty or outcome.target not in against.rows:
        return []
    rows, checks = checks_run.signals_of(task, log, against), against.checks
    return performance(rows, outcome, checks, task.THRESHOLDS)


def skewed(capstone: str, task: Capstone, since: datetime, until: datetime) -> list[Check]:
    """Return whether features online equalled those of the offline store, of predictions as of some time: one check."""
    if "features" not in task.capabilities:
        return []
    log = labelled(capstone, since, until, known_by=until, also_unlabelled=True)
    log = signals.answers(log, store.read(capstone).champion)
    if log.empty:
        return []
    checks = skew(capstone, task, log)
    worst = sorted(alarms(checks), key=lambda one: -(one.statistic or 0))
    message = f"{len(worst)} of {len(checks)} features differ online from offline."
    shown = " ".join(one.message for one in worst[:SHOWN])
    largest = max(one.statistic or 0 for one in checks)
    return [Check("skew", "features", "alarm" if worst else "ok", largest, 0.0, message=f"{message} {shown}".strip())]
