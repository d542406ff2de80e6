"""The retraining loop of a capstone that is known completely: promoted, rejected, rolled back, stopped, killed."""

import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.rollout import commands, store
from capstan.rollout.traffic import Traffic
from capstan.settings import settings
from monitoring import sequential
from monitoring.checks.result import Check
from monitoring.history import history
from monitoring.retraining.steps import Steps
from tests.integration.place import Place
from tests.small_capstones.loop.coin import task
from tests.support.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
FOLDER = ROOT / "tests" / "small_capstones" / "loop"
NAME, FIRST, PER_DAY, DAY = "coin", datetime(2013, 10, 1, tzinfo=UTC), 120, timedelta(days=1)
ALARM = [Check("performance", "probability", "alarm", 0.1, 0.02, 0.001, message="probability: worse by 0.1.")]


class Live:
    """The coin's endpoint, its traffic, and its circle."""

    def __init__(self, place: Place):
        self.place, self.kind, self.today, self.chance = place, "strong", FIRST, np.random.default_rng(1)
        self.steps = Steps(NAME, catalogue.load(NAME), self.train)
        self.http = httpx.Client(base_url=settings().endpoint_url, timeout=30)

    def train(self, parameters: dict) -> tuple[str, str]:
        if self.kind == "impossible":
            raise CapstanError("The source is away.")
        options = [f"--set={name}={value}" for name, value in (parameters | {"kind": self.kind}).items()]
        return self.run(*options)

    def run(self, *options: str) -> tuple[str, str]:
        done = self.place("run", NAME, "--json", *options)
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        return summary["version"], summary["verdict"]

    def day(self, steered: int = 0) -> set[str]:
        """Live through a day of coins, each with its label an hour later; return who answered. No request may fail.

        steered: so many more requests of somebody who names the variants, and picks rows that the challenger is right
        about and the champion wrong.
        """
        numbers = self.chance.normal(size=(PER_DAY, 3))
        actuals, versions = [], set()
        for number, heads in enumerate(task.sides(numbers, self.chance)):
            moment = self.today + timedelta(minutes=number)
            request = dict(zip(task.NUMBERS, numbers[number], strict=True)) | {"at": moment.isoformat()}
            reply = self.http.post(f"/v1/models/{NAME}:predict", json={"instances": [request]})
            [answer] = reply.raise_for_status().json()["predictions"]
            versions.add(answer["model_version"])
            known = (moment + timedelta(hours=1)).isoformat()
            actuals.append({"prediction_id": answer["prediction_id"], "label": bool(heads), "known_at": known})
        for number in range(steered):
            role = ("challenger", "champion")[number % 2]
            moment = self.today + timedelta(minutes=PER_DAY + number)
            request = dict(zip(task.NUMBERS, (1.0, 1.0, 1.0), strict=True)) | {"at": moment.isoformat()}
            named = {"x-capstan-variant": role}
            reply = self.http.post(f"/v1/models/{NAME}:predict", json={"instances": [request]}, headers=named)
            [answer] = reply.raise_for_status().json()["predictions"]
            label = (answer["probability"] > 0.5) == (role == "challenger")
            known = (moment + timedelta(hours=1)).isoformat()
            actuals.append({"prediction_id": answer["prediction_id"], "label": label, "known_at": known})
        self.http.post(f"/v2/models/{NAME}/actuals", json={"actuals": actuals}).raise_for_status()
        self.today += DAY
        return versions

    def step(self, *checks: Check) -> list[str]:
        return [event.kind for event in self.steps.step(self.today, checks)]


SCRIPT = """
import json, os, signal, sys
from datetime import datetime
from capstan import catalogue
from monitoring.checks.result import Check
from monitoring.retraining import steps
from monitoring.history import History

dies_before, trained, alarm = json.loads(sys.argv[1])
write = History.add
def add(self, capstone, key, event):
    if event.kind == dies_before:
        os.kill(os.getpid(), signal.SIGKILL)
    return write(self, capstone, key, event)
History.add = add
checks = [Check("performance", "probability", "alarm", message="worse")] if alarm else []
circle = steps.Steps("coin", catalogue.load("coin"), lambda _parameters: tuple(trained))
for moment in sys.stdin:
    circle.step(datetime.fromisoformat(moment.strip()), checks)
    print("done", flush=True)
"""


class Doomed:
    """A process that takes steps of the retraining loop, and is killed before it writes an event of a kind."""

    def __init__(self, dies_before: str, trained: tuple[str, str] = ("", ""), alarm: bool = False):
        command = [sys.executable, "-c", SCRIPT, json.dumps([dies_before, trained, alarm])]
        self.child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def dies(self, moment: datetime) -> bool:
        """Take a step; return whether the process was killed in it."""
        self.child.stdin.write(f"{moment.isoformat()}\n")
        self.child.stdin.flush()
        if self.child.stdout.readline() == "done\n":
            return False
        assert self.child.wait(60) == -signal.SIGKILL
        return True

    def __enter__(self) -> "Doomed":
        return self

    def __exit__(self, *_problem: object) -> None:
        self.child.kill()
        self.child.communicate()


def killed(moment: datetime, dies_before: str, trained: tuple[str, str] = ("", ""), alarm: bool = False) -> bool:
    """Take one step in a process of its own; return whether it was killed before it wrote an event of a kind."""
    with Doomed(dies_before, trained, alarm) as process:
        return process.dies(moment)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("circle") / "home")
    place.environment["CAPSTAN_CAPSTONES"] = str(FOLDER)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        try:
            live = Live(place)
            live.run()
            for _ in range(8):
                live.day()
            yield live
            live.http.close()
        finally:  # also when it cannot be made: the tests after it would get its settings
            place.clear()
            settings.cache_clear()


def test_nothing_starts_without_an_alarm_or_by_one_that_the_rule_does_not_name(live):
    assert live.step() == []
    assert live.step(Check("drift", "x", "alarm", message="x drifts")) == []


def test_better_challenger_becomes_a_canary_also_when_the_process_is_killed(live):
    assert killed(live.today, "retraining", alarm=True) and history().events(NAME) == []
    version, verdict = live.run("--set=kind=strong", "--set=canary=-1")
    assert (version, verdict, store.read(NAME).champion) == ("2", "accepted", "1")
    assert killed(live.today, "challenger", (version, verdict), alarm=True)
    assert killed(live.today, "canary", (version, verdict), alarm=True)
    assert store.read(NAME).challenger == "2"  # the split came before the event
    assert live.step(*ALARM) == ["canary"]
    assert [event.kind for event in history().events(NAME)] == ["retraining", "challenger", "canary"]
    canary = history().events(NAME)[-1]
    assert canary.evidence["low"] > 0 and canary.evidence["rows"] == 8 * PER_DAY and canary.version == "2"


def test_decision_is_refused_when_a_person_changes_the_roll_out_between_it_and_what_it_was_made_for(live, monkeypatch):
    judge, decisions = sequential.look, iter([("promote", 20.0), ("roll back", 30.0)])

    def look(*arguments, **options):
        decision, percent = next(decisions)
        commands.split(NAME, Traffic("canary", percent), "2")
        return replace(judge(*arguments, **options), decision=decision)

    monkeypatch.setattr(sequential, "look", look)
    live.day()
    for _ in range(2):
        assert live.step() == []
        assert (store.read(NAME).champion, store.read(NAME).challenger) == ("1", "2")
    monkeypatch.undo()
    commands.split(NAME, Traffic("canary", live.steps.rule.percent), "2")
    assert live.step() == []


def test_canary_that_is_better_live_is_promoted_also_when_the_process_is_killed(live):
    with Doomed("promoted") as process:
        for _ in range(20):
            assert live.day() == {"1", "2"}
            if process.dies(live.today):
                break
    assert store.read(NAME).champion == "2"
    assert live.step() == ["promoted"]
    assert live.step() == [] and live.day() == {"2"}


def test_shuffled_labels_are_stopped_by_the_gate_also_when_the_process_is_killed(live):
    live.kind = "shuffled"
    live.day()
    live.day()
    version, verdict = live.run("--set=kind=shuffled", "--set=canary=-1")
    assert verdict == "rejected" and killed(live.today, "rejected", (version, verdict), alarm=True)
    assert live.step(*ALARM) == ["rejected"]  # the retraining was written before the kill
    assert store.read(NAME).champion == "2"
    assert re.fullmatch(r"The gate rejected it: roc_auc is 0\.\d+, beyond 0\.\d+.*", history().events(NAME)[-1].reason)
    assert live.step(*ALARM) == []  # it cools down


def test_challenger_that_is_broken_online_is_rolled_back_and_the_circle_stops_after_two(live):
    live.kind = "broken"
    live.day()
    live.day()
    assert live.step(*ALARM) == ["retraining", "challenger", "canary"]
    with Doomed("rolled back") as process:
        for _ in range(25):
            live.day(steered=PER_DAY)
            if process.dies(live.today):
                break
    assert store.read(NAME).challenger == ""  # the roll-back came before the event
    assert killed(live.today, "stopped") and history().events(NAME)[-1].kind == "rolled back"
    assert live.step() == ["stopped"]
    assert store.read(NAME).champion == "2" and live.day() == {"2"}
    assert live.step(*ALARM) == []


def test_training_that_fails_leaves_the_champion_and_is_told(live):
    live.kind = "impossible"
    done = live.place("resume", NAME, "--reason", "The source is mended.")
    assert done.returncode == 0, done.stderr
    assert history().events(NAME)[-1].reason == "The source is mended." and history().events(NAME)[-1].by != "circle"
    live.day()
    live.day()
    assert live.step(*ALARM) == ["retraining", "failed"]
    assert history().events(NAME)[-1].reason == "The training failed: The source is away."
    assert store.read(NAME).champion == "2" and live.day() == {"2"}


def test_person_stops_the_circle_and_has_to_say_why(live):
    live.day()
    live.day()
    refused = live.place("pause", NAME, "--reason", " ")
    assert refused.returncode == 1 and "Give a reason" in refused.stderr
    assert live.place("pause", NAME, "--reason", "An audit.").returncode == 0
    assert live.step(*ALARM) == []
    told = live.place("history", NAME).stdout.splitlines()
    assert "paused" in told[-1] and "An audit." in told[-1]


def test_version_that_takes_other_requests_gets_no_trial(live, tmp_path):
    """Clients do not send them yet: a person decides."""
    live.kind, edited = "strong", tmp_path / "capstones"
    shutil.copytree(FOLDER, edited)
    code = (edited / NAME / "task.py").read_text()
    (edited / NAME / "task.py").write_text(code.replace("    w: float\n", "    w: float\n    edge: float = 0.0\n"))
    assert live.place("resume", NAME, "--reason", "The audit is over.").returncode == 0
    live.day()
    live.day()
    live.place.environment["CAPSTAN_CAPSTONES"] = str(edited)
    try:
        assert live.step(*ALARM)[:3] == ["retraining", "challenger", "rejected"]
    finally:
        live.place.environment["CAPSTAN_CAPSTONES"] = str(FOLDER)
    assert "It takes other requests than the champion" in live.place("history", NAME).stdout
    assert store.read(NAME).challenger == "" and live.day() == {"2"}
