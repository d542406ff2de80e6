"""The table of labels, in SQLite and in PostgreSQL: one label each, corrections that keep the old, racing processes."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from predictions.labels import Actual, LabelStore
from tests.support.postgres import postgres
from tests.support.processes import HANG_SECONDS, ROOT

NOON = datetime(2013, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def server():
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def labels(request, tmp_path) -> LabelStore:
    if request.param == "sqlite":
        return LabelStore(f"sqlite:///{tmp_path}/labels.db")
    store = LabelStore(request.getfixturevalue("server"))
    store.expire("flights", datetime(2100, 1, 1, tzinfo=UTC))
    return store


def actual(*ids: str, label: str = "true", hours: float = 0, **options) -> Actual:
    return Actual(dict.fromkeys(ids, NOON), label, NOON + hours * HOUR, **options)


def kinds(outcomes) -> list[str]:
    return [outcome.kind for outcome in outcomes]


def visible(labels, **until) -> dict[str, str]:
    frame = labels.read("flights", **until)
    return dict(zip(frame["prediction_id"], frame["label"], strict=True))


def test_a_label_is_there_once(labels):
    assert kinds(labels.add("flights", [actual("a"), actual("b", label="false", late=True)], "ann")) == ["accepted"] * 2
    assert kinds(labels.add("flights", [actual("a", hours=3), actual("c")])) == ["same", "accepted"]
    frame = labels.read("flights").set_index("prediction_id")
    assert frame["label"].to_dict() == {"a": "true", "b": "false", "c": "true"}
    assert frame["late"].to_dict() == {"a": False, "b": True, "c": False}
    row = frame.loc["a"]  # the first one stays
    assert (row["known_at"], row["client"], row["revision"]) == (NOON, "ann", 1)
    assert datetime.now(UTC) - HOUR < row["received_at"] <= datetime.now(UTC)
    assert labels.read("others").empty and labels.count("flights") == 3


def test_another_label_is_refused_and_a_correction_keeps_the_old_one(labels):
    labels.add("flights", [actual("a")], "ann")
    [refused] = labels.add("flights", [actual("a", label="false", hours=1)])
    assert refused.kind == "contradicting"
    assert (refused.held["a"].label, refused.held["a"].known_at) == ("true", NOON)
    [corrected] = labels.add("flights", [actual("a", label="false", hours=2, correct=True)], "bob")
    assert corrected.kind == "corrected" and corrected.held["a"].label == "true"
    assert kinds(labels.add("flights", [actual("a", label="false", correct=True)])) == ["same"]
    assert visible(labels) == {"a": "false"}
    history = labels.history("flights", "a")
    assert [(row["revision"], row["label"], row["client"]) for row in history] == [
        (1, "true", "ann"),
        (2, "false", "bob"),
    ]
    assert [row["known_at"] for row in history] == [NOON, NOON + 2 * HOUR]


def test_a_correction_is_not_known_before_what_it_corrects(labels):
    labels.add("flights", [actual("a", hours=2)])
    assert kinds(labels.add("flights", [actual("a", label="false", hours=1, correct=True)])) == ["early"]
    assert visible(labels) == {"a": "true"}


def test_nothing_is_visible_before_it_was_known_or_received(labels):
    labels.add("flights", [actual("a", hours=1), actual("b", hours=5)])
    between = datetime.now(UTC)
    labels.add("flights", [actual("a", label="false", hours=3, correct=True)])
    for hours, seen in ((0.99, {}), (1, {"a": "true"}), (2.99, {"a": "true"}), (3, {"a": "false"})):
        assert visible(labels, known_by=NOON + hours * HOUR) == seen
    assert visible(labels, received_by=between) == {"a": "true", "b": "true"}
    assert visible(labels, received_by=between, known_by=NOON + 4 * HOUR) == {"a": "true"}


def test_what_was_known_before_an_instant_may_be_left_out(labels):
    labels.add("flights", [actual("a", hours=1), actual("b", hours=5)])
    labels.add("flights", [actual("a", label="false", hours=3, correct=True)])
    for hours, seen in ((1, {"a": "false", "b": "true"}), (3, {"a": "false", "b": "true"}), (3.01, {"b": "true"})):
        assert visible(labels, known_since=NOON + hours * HOUR) == seen
    assert visible(labels, known_since=NOON + 2 * HOUR, known_by=NOON + 4 * HOUR) == {"a": "false"}


def test_a_label_of_several_predictions_is_written_for_all_or_none(labels):
    labels.add("flights", [actual("b", label="false")])
    [outcome] = labels.add("flights", [actual("a", "b", "c")])
    assert outcome.kind == "contradicting" and list(outcome.held) == ["b"] and visible(labels) == {"b": "false"}
    assert kinds(labels.add("flights", [actual("a", "b", "c", label="false")])) == ["accepted"]
    assert visible(labels) == dict.fromkeys("abc", "false") and labels.count("flights") == 3


def test_labels_in_one_request_see_each_other(labels):
    sent = [actual("a"), actual("a"), actual("a", label="false"), actual("a", label="false", correct=True)]
    assert kinds(labels.add("flights", sent)) == ["accepted", "same", "contradicting", "corrected"]


def test_expiry_and_erasing(labels):
    old = Actual({"old": NOON - HOUR}, "true", NOON)
    labels.add("flights", [old, actual("a"), actual("b")])
    labels.add("flights", [actual("a", label="false", correct=True)])
    assert labels.count("flights", NOON) == labels.expire("flights", NOON) == 1
    assert labels.erase("flights", ["a", "unknown"]) == 2 and labels.history("flights", "a") == []
    assert visible(labels) == {"b": "true"} and labels.erase("flights", []) == 0


def test_reading_makes_no_file(tmp_path):
    labels = LabelStore(f"sqlite:///{tmp_path}/labels.db")
    assert labels.read("flights").empty and labels.count("flights") == labels.expire("flights", NOON) == 0
    assert labels.history("flights", "a") == [] and not any(tmp_path.iterdir())


RACE = """
import sys
from tests.unit.predictions.test_labels import LabelStore, actual
_, url, mine = sys.argv
store = LabelStore(url)
print("ready", flush=True)
sys.stdin.readline()
won = [i for i in range(200) if store.add("flights", [actual(str(i), label=mine)])[0].kind == "accepted"]
print(len(won))
"""


@pytest.mark.slow
def test_of_contradicting_labels_of_three_processes_one_wins(labels):
    command = [sys.executable, "-c", RACE, labels.url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    racers = [subprocess.Popen([*command, mine], **pipes) for mine in ("1", "2", "3")]
    assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 3
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda racer: racer.communicate("go\n", timeout=HANG_SECONDS)[0], racers))
    assert sum(map(int, answers)) == 200 == len(visible(labels)) == labels.count("flights")


KILLED = """
import sys
from tests.unit.predictions.test_labels import LabelStore, actual
store = LabelStore(sys.argv[1])
for i in range(100_000):
    store.add("flights", [actual(str(i))])
    print(i, flush=True)
"""


def test_kill_9_loses_no_acknowledged_label(labels):
    child = subprocess.Popen([sys.executable, "-c", KILLED, labels.url], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    acknowledged = [int(child.stdout.readline()) for _ in range(150)]
    os.kill(child.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in child.communicate()[0].split()]
    assert {str(i) for i in acknowledged} <= set(visible(labels)) and len(visible(labels)) <= len(acknowledged) + 1
