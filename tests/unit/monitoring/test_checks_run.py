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
NOW = datetime(2013, 10, 8, tzinfo=UTC)
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
