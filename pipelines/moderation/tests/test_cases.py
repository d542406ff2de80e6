"""The moderators' queue: who may decide when, that nothing is lost or changed, and that decisions become labels."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from capstan.errors import CapstanError
from models.journal import Journal
from pipelines.moderation.cases import Cases


def answer(cost: float) -> dict:
    costs = [{"decision": name, "cost": value} for name, value in (("show", cost + 1), ("warn", cost), ("ask", 1.0))]
    return {"kind": "hate", "decision": "ask", "costs": costs}


@pytest.fixture
def cases(tmp_path) -> Cases:
    queue = Cases(Journal(tmp_path / "cases.sqlite"))
    for name, cost in (("one", 2.0), ("two", 4.0), ("three", 3.0)):
        queue.open(name, f"the text {name}", answer(cost))
    return queue


def test_the_dearest_waits_first_and_an_appeal_before_it(cases):
    assert [case.text_id for case in cases.waiting()] == ["two", "three", "one"]
    cases.decide("one", "hate", "anna", "it calls for harm")
    assert [case.text_id for case in cases.waiting()] == ["two", "three"]
    cases.appeal("one", "the author", "I quoted it")
    assert [case.text_id for case in cases.waiting()] == ["one", "two", "three"]


def test_second_opinion_and_appeal_are_another_persons(cases):
    cases.decide("one", "hate", "anna", "it calls for harm")
    with pytest.raises(CapstanError, match="is decided"):
        cases.decide("one", "neither", "bo", "no")
    cases.second("one", "anna", "I am not sure")
    with pytest.raises(CapstanError, match="anna has decided"):
        cases.decide("one", "neither", " anna ", "on second thoughts")
    cases.decide("one", "offensive", "bo", "an insult")
    cases.appeal("one", "the author", "a joke")
    for person in ("anna", "bo", "the author"):
        with pytest.raises(CapstanError, match=r"has decided|has appealed"):
            cases.decide("one", "neither", person, "again")
    cases.decide("one", "neither", "cleo", "a joke among friends")
    with pytest.raises(CapstanError, match="final"):
        cases.appeal("one", "the author", "once more")
    cases.decide("two", "hate", "anna", "it calls for harm")
    found = [(label["prediction_id"], label["label"], label["correct"]) for label in cases.labels()]
    assert found == [("one", "neither", True), ("two", "hate", False)]
    acts = [(entry.act, entry.person) for entry in cases.journal.entries("one")]
    assert acts == [
        ("opened", "the endpoint"), ("decided", "anna"), ("second opinion", "anna"), ("decided", "bo"),
        ("appealed", "the author"), ("decided", "cleo"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda cases: cases.decide("one", "rude", "anna", "so"), "none of hate, offensive, neither"),
        (lambda cases: cases.decide("one", "hate", "anna", "  "), "who does it, and why"),
        (lambda cases: cases.decide("one", "hate", "", "so"), "who does it, and why"),
        (lambda cases: cases.decide("four", "hate", "anna", "so"), "not in the queue"),
        (lambda cases: cases.appeal("one", "the author", "so"), "waits for a decision"),
        (lambda cases: cases.open("one", "again", answer(1.0)), "in the queue already"),
    ],
)
def test_what_may_not_be_done_is_refused_and_leaves_no_entry(cases, act, said):
    before = cases.journal.entries()
    with pytest.raises(CapstanError, match=said):
        act(cases)
    assert cases.journal.entries() == before


def test_entries_can_be_neither_changed_nor_deleted(cases):
    with sqlite3.connect(cases.journal.path) as database:
        for statement in ("UPDATE entries SET person = 'bo'", "DELETE FROM entries"):
            with pytest.raises(sqlite3.DatabaseError, match="entries stay"):
                database.execute(statement)
    assert cases.journal.verify() == 3


@pytest.mark.parametrize(
    "edit", ["UPDATE entries SET reason = 'x' WHERE number = 2", "DELETE FROM entries WHERE number = 2"]
)
def test_a_file_that_was_edited_past_the_triggers_is_noticed(cases, edit):
    with sqlite3.connect(cases.journal.path) as database:
        database.executescript(f"DROP TRIGGER no_update; DROP TRIGGER no_delete; {edit};")
    with pytest.raises(CapstanError, match="Entry 2"):
        cases.journal.verify()


WRITER = """
import sys
from pathlib import Path
from models.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(100_000):
    journal.add(f"{sys.argv[2]}-{number}", "decided", sys.argv[2], "a reason", {"kind": "hate"})
    print(number, flush=True)
"""


def test_what_was_confirmed_outlives_two_writers_that_are_killed(tmp_path):
    path = tmp_path / "cases.sqlite"
    journal = Journal(path)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], stdout=subprocess.PIPE, text=True)
        for name in ("anna", "bo")
    ]
    until = time.monotonic() + 60
    while len(journal.entries()) < 40 and time.monotonic() < until:
        time.sleep(0.05)
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
    confirmed = {
        f"{name}-{number}"
        for name, writer in zip(("anna", "bo"), writers, strict=True)
        for number in writer.communicate()[0].split("\n")[:-1]
    }
    assert len(confirmed) >= 30 and confirmed <= {entry.text_id for entry in journal.entries()}
    assert journal.verify() == len(journal.entries())
