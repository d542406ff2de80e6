"""What monitoring, alerts and the retraining loop write in three months: written through their own classes."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitoring.alerts import Alerts, Condition
from monitoring.checks.result import Check
from monitoring.history import Event, History
from monitoring.snapshots import Snapshot, Snapshots

FIRST, DAYS = datetime(2013, 10, 2, tzinfo=UTC), 90
DEAD = "a webhook that is dead"
SIGNALS = ["dep_delay_origin", "wind_speed", "temp", "pressure", "seats", "carrier", "dest", "probability"]
WORSE = range(30, 58)  # the days on which the first version was worse


def url(home: Path) -> str:
    """Return where a server with this state folder has the tables of the retraining loop."""
    return f"sqlite:///{home}/predictions/circle.db"


def fill(home: Path, capstone: str, days: int = DAYS, first: str = "1", second: str = "2") -> None:
    """Write looks of so many days, with the alerts and the decisions that they lead to."""
    snapshots, alerts, history = Snapshots(url(home)), Alerts(url(home)), History(url(home))
    for day in range(days):
        now = FIRST + timedelta(days=day)
        version = first if day < WORSE[-1] else second
        results = checks(day)
        snapshots.keep(capstone, Snapshot(now, version, *seen(day), results))
        alarms = [check for check in results if check.verdict == "alarm"]
        for check in alarms:
            key = f"{check.name} of {check.signal}"
            history.add(capstone, f"alert {key}", Event("alert", now, check.message))
        alerts.report(capstone, [_condition(check, now) for check in alarms], now, [DEAD])
        for event in decided(day, now, second):
            history.add(capstone, event.kind, event)


def seen(day: int) -> tuple[int, int]:
    """Return how many predictions a monitoring run saw, and how many had labels."""
    predictions = int(50_000 + 2_000 * math.sin(day / 9))
    return predictions, predictions - 900


def checks(day: int) -> list[Check]:
    """Return the results of a monitoring run on a day."""
    wave, worse = math.sin(day / 5), day in WORSE
    loss, off = (0.062 + 0.004 * wave, 0.04) if worse else (0.008 + 0.004 * wave, 0.012 + 0.004 * wave)
    verdict = "alarm" if worse else "ok"
    since = f"{FIRST + timedelta(days=WORSE[0] - 7):%Y-%m-%d}" if worse else None
    results = [
        Check("contract", "flights", "ok", 0.002, 0.05, low=0.0013, high=0.0028, message="0.2 % break the contract."),
        Check("performance", "probability", verdict, loss, 0.05, 0.004, since=since, message="worse by 0.062."),
        Check("calibration", "probability", "ok", off, 0.05, 0.4, message="mean prediction off by 0.012."),
        Check("roc_auc", "all", "ok", 0.75 - loss, None, low=0.73 - loss, high=0.77 - loss, message="ROC AUC"),
        Check("brier", "all", "ok", 0.14 + loss / 4, None, low=0.133 + loss / 4, high=0.147 + loss / 4),
    ]
    for number, signal in enumerate(SIGNALS):
        size = 0.03 + 0.01 * number + 0.01 * wave
        gusty = signal == "wind_speed" and day > 70
        message = f"{signal}: its distance from the reference {0.18 if gusty else size:.3g} (0.1 matters)."
        steady = Check("drift", signal, "ok", size, 0.1, 0.6, message=message)
        results.append(Check("drift", signal, "alarm", 0.18, 0.1, 0.01, message=message) if gusty else steady)
        results.append(Check("nulls", signal, "ok", 0.001 * number, 0.05, 0.9))
    results.append(Check("new categories", "dest", "ok", 0.0, 0.01, 1.0))
    slow = 0.0021 + 0.0004 * wave
    message = "0.2 % of the answered requests took more than 0.1 s, and 1 % may."
    results.append(Check("service", "latency", "ok", slow, 0.01, low=slow - 0.001, high=slow + 0.001, message=message))
    return [*results, Check("drift", "gust", "insufficient", threshold=0.1, message="gust: too few days.")]


def decided(day: int, now: datetime, version: str) -> list[Event]:
    """Return the decisions of a day."""
    events = {
        WORSE[0]: [Event("retraining", now, "probability: worse by 0.062 (0.05 matters), p = 0.004.")],
        WORSE[1]: [Event("challenger", now, "The gate accepted it.", version)],
        WORSE[12]: [
            Event(
                "canary",
                now,
                "It ranks better by 0.031 (0.019 to 0.043).",
                version,
                evidence={"p": 0.001, "rows": 9120},
            )
        ],
        WORSE[-1]: [
            Event(
                "promoted",
                now,
                "Its squared error is lower by 0.0121 (0.0042 to 0.0199, at every look at once) on 15 days.",
                version,
                evidence={"days": 15, "mean": 0.0121, "low": 0.0042, "high": 0.0199, "rows": 14_212},
            )
        ],
    }
    return events.get(day, [])


def _condition(check: Check, now: datetime) -> Condition:
    since = datetime.fromisoformat(check.since).replace(tzinfo=UTC) if check.since else now
    severity = "critical" if check.name == "performance" else "warning"
    return Condition(f"{check.name} of {check.signal}", since, check.message, severity)
