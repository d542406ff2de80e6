"""Snapshots as the console shows them: checks in groups, and what changes from look to look."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from monitoring.checks.result import Check
from monitoring.snapshots import Snapshot

# A check of another name is of performance: a task may have its own metrics.
GROUPS = {"contract": "quality", "nulls": "quality", "new categories": "quality", "drift": "drift"}
GROUPS |= {"service": "service", "skew": "other"}
NAMES = ("quality", "drift", "performance", "service", "other")
ORDER = {"alarm": 0, "ok": 1, "insufficient": 2}


def group(check: Check) -> str:
    """Return "quality", "drift", "performance", "service" or "other"."""
    return GROUPS.get(check.name, "performance")


def grouped(checks: Iterable[Check]) -> dict[str, list[dict[str, Any]]]:
    """Return checks by group, those that alarm first and then the surest."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
    for check in sorted(checks, key=lambda entry: (ORDER[entry.verdict], 1.0 if entry.p is None else entry.p)):
        groups[group(check)].append(check.as_dict())
    return groups


def short(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot without its checks: when, of what, and how many alarm."""
    verdicts = [check.verdict for check in snapshot.checks]
    return {
        "at": snapshot.at.isoformat(),
        "version": snapshot.version,
        "predictions": snapshot.predictions,
        "labels": snapshot.labels,
        "checks": len(verdicts),
        "alarms": verdicts.count("alarm"),
        "insufficient": verdicts.count("insufficient"),
    }


class Look(NamedTuple):
    """A snapshot as the lines over time have it: in short, and its checks of performance that have a value."""

    short: dict[str, Any]
    performance: list[Check]


def look(snapshot: Snapshot) -> Look:
    """Return a snapshot as the lines over time have it."""
    drawn = [check for check in snapshot.checks if group(check) == "performance" and check.statistic is not None]
    return Look(short(snapshot), drawn)


def series(looks: Iterable[Look]) -> list[dict[str, Any]]:
    """Return each check of performance over time, where it has a value."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for moment in looks:
        for check in moment.performance:
            new: dict[str, Any] = {"name": check.name, "signal": check.signal, "points": []}
            line = lines.setdefault((check.name, check.signal), new)
            line["threshold"] = check.threshold  # the newest
            point = {"at": moment.short["at"], "value": check.statistic, "low": check.low, "high": check.high}
            line["points"].append(point | {"alarm": check.verdict == "alarm"})
    return list(lines.values())
