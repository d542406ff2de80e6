"""Conditions of a monitoring run: signals that change in the same way at the same time share one alert."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from monitoring.alerts import Condition
from monitoring.checks.result import Check
from monitoring.history import Event

SEVERE = ("performance", "contract", ("service", "availability"), ("service", "errors"))
APART = ("contract", "service", "skew")  # each of their messages says something else


def key(check: Check) -> str:
    """Return the name of a check."""
    return f"{check.name} of {check.signal}"


def conditions(alarms: Iterable[Check], now: datetime, link: str, taken: Collection[str] = ()) -> list[Condition]:
    """Return one condition for each kind of check, with all its signals in the order of `alarms`, the surest first.

    taken: names that open conditions have.
    """
    groups: dict[str, list[Check]] = {}
    for check in alarms:
        groups.setdefault(key(check) if check.name in APART else check.name, []).append(check)
    return [_condition(group, now, link, taken) for group in groups.values()]


def members(opened: Iterable[str], events: Sequence[Event]) -> dict[str, list[str]]:
    """Return the checks of each open condition that have not cleared since, by its name.

    events: all alerts of the history, and what cleared, the oldest first.
    """
    known: dict[str, list[str]] = {}
    for event in events:
        if "condition" in event.evidence:
            name, names = event.evidence["condition"], event.evidence["checks"]
            left = [member for member in known.get(name, ()) if member not in names]
            known[name] = list(names) if event.kind == "alert" else left
    return {name: known.get(name, [name]) for name in opened}


def cleared(names: Iterable[str], checks: Sequence[Check]) -> list[str]:
    """Return those checks of a condition that say ok, or whose signal is gone while others are checked."""
    verdicts = {key(check): check.verdict for check in checks}
    return [name for name in names if _is_over(name, checks, verdicts)]


def _is_over(name: str, checks: Sequence[Check], verdicts: Mapping[str, str]) -> bool:
    if name in verdicts:
        return verdicts[name] == "ok"
    return " of " not in name or any(name.startswith(f"{check.name} of ") for check in checks)


def _condition(group: Sequence[Check], now: datetime, link: str, taken: Collection[str]) -> Condition:
    first, *others = group
    dates = [datetime.fromisoformat(check.since).replace(tzinfo=UTC) for check in group if check.since]
    severe = first.name in SEVERE or (first.name, first.signal) in SEVERE
    name, message = key(first), first.message
    if others:
        name += f" and {len(others)} more"
        message += f" {len(others)} more: {', '.join(map(_short, others))}."
    while name in taken:  # others of that condition are not over
        name += " again"
    names = tuple(map(key, group))
    return Condition(name, min(dates, default=now), message, "critical" if severe else "warning", link, names)


def _short(check: Check) -> str:
    return check.signal if check.statistic is None else f"{check.signal} {check.statistic:.3g}"
