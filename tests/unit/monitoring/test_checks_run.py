"""What a monitoring run alerts about: once, recorded in the history, also when killed between the two."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.alerts import Condition, alerts
from monitoring.checks.result import Check
from monitoring.checks_run import report
from monitoring.history import history
from tests.support.processes import ROOT

pytestmark = pytest.mark.usefixtures("home")
NOW, DAY = datetime(2013, 10, 8, tzinfo=UTC), timedelta(days=1)
NULLS = Check("nulls", "humid", "alarm", 0.9, 0.05, 0.001, since="2013-10-05", message="humid: gone.")
FINE = Check("drift", "temp", "ok")
UNSURE, BACK = Check("nulls", "humid", "insufficient"), Check("nulls", "humid", "ok")
SCRIPT = """
import os, signal
from tests.unit.monitoring.test_checks_run import NOW, NULLS
from monitoring.alerts import Alerts
from monitoring.checks_run import report
Alerts.report = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
report("flights", [NULLS], NOW)
"""


def told() -> list[tuple[str, str]]:
    return [(event.kind, event.reason) for event in history().events("flights")]


def test_alarm_alerts_once_until_it_has_cleared():
    for day in range(3):
        report("flights", [NULLS, FINE], NOW + timedelta(days=day))
    assert told() == [("alert", "humid: gone.")]
    [alert] = alerts().alerts("flights", open_only=True)
    assert alert.condition.since == datetime(2013, 10, 5, tzinfo=UTC)
    for unsure in ([], [FINE], [UNSURE]):
        report("flights", unsure, NOW + timedelta(days=3))
    assert len(told()) == 1
    report("flights", [BACK], NOW + timedelta(days=3))
    assert told()[1:] == [("cleared", "nulls of humid has cleared.")]
    report("flights", [NULLS], NOW + timedelta(days=4))
    assert told()[2:] == [("alert", "humid: gone.")]


@pytest.mark.slow
def test_kill_before_the_alert_loses_nothing_and_tells_it_once():
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    assert alerts().alerts("flights") == []
    report("flights", [NULLS], NOW)
    assert len(alerts().alerts("flights", open_only=True)) == 1 and told() == [("alert", "humid: gone.")]


def test_what_is_wrong_elsewhere_alerts_until_it_is_told_no_more():
    stopped = Condition("circle stopped", NOW, "Two retrainings came to nothing.", "critical")
    for day in range(2):
        report("flights", [], NOW + timedelta(days=day), [stopped])
    assert told() == [("alert", "Two retrainings came to nothing.")]
    report("flights", [], NOW + timedelta(days=2))
    assert told()[1:] == [("cleared", "circle stopped has cleared.")]


def test_signals_that_alarm_at_the_same_time_share_one_alert_until_the_last_has_cleared():
    """One that begins later has an alert of its own, and is named."""
    signals = [f"field_{number}" for number in range(47)]

    def nulls(names, verdict="alarm"):
        return [Check("nulls", name, verdict, 0.957, 0.05, message=f"{name}: moved.") for name in names]

    report("flights", nulls(signals), NOW)
    [alert] = alerts().alerts("flights", open_only=True)
    assert alert.condition.name == "nulls of field_0 and 46 more" and alert.condition.severity == "warning"
    assert alert.condition.message.startswith("field_0: moved. 46 more: field_1 0.957, ")
    assert all(name in alert.condition.message for name in signals)
    later = nulls([*signals, "field_47"])
    for day in (1, 2):
        report("flights", [*later, Check("drift", "field_0", "alarm", 0.2, 0.1, message="drift")], NOW + DAY * day)
    assert [reason for _, reason in told()[1:]] == ["drift", "field_47: moved."]
    for day in (3, 4):  # what has cleared is reported once
        report("flights", [*nulls(signals[:1]), *nulls(signals[1:], "ok"), *nulls(["field_47"], "ok")], NOW + DAY * day)
    [some, last] = told()[3:]
    assert some[0] == "cleared" and some[1].startswith("Of nulls of field_0 and 46 more, these have cleared: nulls of ")
    assert last == ("cleared", "nulls of field_47 has cleared.")
    report("flights", [*nulls(signals[:2]), *nulls(signals[2:], "ok")], NOW + DAY * 5)
    assert told()[5:] == [("alert", "field_1: moved.")]  # again
    report("flights", nulls(signals, "ok"), NOW + DAY * 6)
    assert told()[6:] == [
        ("cleared", "nulls of field_0 and 46 more has cleared."),
        ("cleared", "nulls of field_1 has cleared."),
    ]
    assert {event.by for event in history().events("flights")} == {"monitoring"}


def test_facts_of_the_service_alert_one_by_one():
    down = [Check("service", signal, "alarm", message=signal) for signal in ("availability", "latency")]
    report("flights", down, NOW)
    severities = {alert.condition.name: alert.condition.severity for alert in alerts().alerts("flights")}
    assert severities == {"service of availability": "critical", "service of latency": "warning"}
