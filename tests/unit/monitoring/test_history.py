"""The history: in order, once per decision, by any writer."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.history import Event, History
from tests.support.processes import ROOT

NOON = datetime(2013, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def history(tmp_path) -> History:
    return History(f"sqlite:///{tmp_path}/circle.db")


def test_events_come_back_as_they_were_in_the_order_of_writing(history):
    events = [
        Event("alert", NOON, "drift of dep_time", evidence={"statistic": 0.25, "columns": ["dep_time"]}),
        Event("promoted", NOON - timedelta(days=1), "by hand", version="7", by="anna"),
    ]
    for number, event in enumerate(events):
        assert history.add("flights", str(number), event)
    assert history.events("flights") == events
    assert history.events("others") == []
    assert history.events("flights", since=NOON) == events[:1]
    assert history.events("flights", kinds=("promoted", "rejected")) == events[1:]
    assert events[0].as_dict()["at"] == "2013-10-01T12:00:00+00:00"


def test_same_decision_is_told_once(history):
    first, again = Event("canary", NOON, "better"), Event("canary", NOON + timedelta(hours=1), "better still")
    assert history.add("flights", "retraining 3: canary", first)
    assert not history.add("flights", "retraining 3: canary", again)
    assert history.add("others", "retraining 3: canary", again)
    assert history.events("flights") == [first]


def test_reading_makes_no_file(history, tmp_path):
    assert history.events("flights") == [] and list(tmp_path.iterdir()) == []


def test_writers_at_the_same_time_lose_nothing(history):
    def write(number: int) -> bool:
        return History(history.url).add("flights", str(number % 20), Event("alert", NOON, str(number)))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(40))) == 20
    assert len(history.events("flights")) == 20


SCRIPT = """
import sys
from datetime import UTC, datetime
from monitoring.history import Event, History
history = History(sys.argv[1])
for number in range(100_000):
    history.add("flights", str(number), Event("alert", datetime(2013, 10, 1, tzinfo=UTC), str(number)))
    print(number, flush=True)
"""


def test_killed_writer_keeps_what_it_has_acknowledged(history):
    command = [sys.executable, "-c", SCRIPT, history.url]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        for line in child.stdout:
            if line.strip() == "20":
                child.send_signal(signal.SIGKILL)
                break
        told = 20 + len(child.stdout.read().split())
    assert [event.reason for event in history.events("flights")][: told + 1] == [str(n) for n in range(told + 1)]
