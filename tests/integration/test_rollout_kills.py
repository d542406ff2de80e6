"""Roll-out commands that are killed before and after each of their writes, or run two at a time, under load."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from capstan import catalogue
from capstan.data.files import write_tables
from capstan.errors import CapstanError
from capstan.rollout import change, commands, store
from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic
from capstan.settings import settings
from monitoring.history import history
from monitoring.retraining.watcher import Watcher
from tests.integration.place import Place, place_of_examples
from tests.support import versions
from tests.support.kill_cases import CASES, NAME, arguments, roles, way_out
from tests.support.load import answering_versions
from tests.support.processes import wait_until
from tests.support.victim import killed_at_each_write

pytestmark = pytest.mark.rotating


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """A running stack whose capstones are those of the tests; the settings of this process point to it."""
    with place_of_examples(tmp_path_factory.mktemp("rollout") / "home") as place:
        from capstan.local import stack

        list(stack.up(["mlflow", "endpoint"]))
        yield place


@pytest.fixture(scope="module")
def three(place) -> list[str]:
    """Three accepted versions."""
    task = catalogue.load(NAME)
    past, _test = task.split(task.load(None))
    return [versions.register(NAME, task.train(past, seed=seed)) for seed in range(3)]


@pytest.fixture(scope="module")
def test_tables(tmp_path_factory, place) -> str:
    """A folder of the tables whose rows a deployment is tried with."""
    task, folder = catalogue.load(NAME), tmp_path_factory.mktemp("tables")
    write_tables(task.split(task.load(None))[1], folder)
    return str(folder)


@pytest.fixture
def load(three, test_tables) -> Iterator[Counter]:
    """Two clients that ask while the test runs: the answers by version, and the errors."""
    reset(RolloutState(champion=three[0]))
    task = catalogue.load(NAME)
    row = task.examples(task.split(task.load(None))[1])[0]
    with answering_versions(f"{settings().endpoint_url}/v1/models/{NAME}:predict", row) as answers:
        yield answers


def reset(state: RolloutState) -> None:
    """Bring the roll-out to a state, and the endpoint with it."""
    store.write_state(NAME, state)
    store.copy_to_aliases(NAME, state)
    httpx.post(f"{settings().endpoint_url}/v2/repository/models/{NAME}/load", timeout=60).raise_for_status()


@pytest.mark.rotating
@pytest.mark.parametrize("command", CASES)
def test_command_killed_at_any_write_leaves_a_state_that_the_next_command_can_leave(
    command, load, three, test_tables, tmp_path, place
):
    before, after = (make(three) for make in CASES[command])
    allowed = [roles(before), roles(after)]
    if command == "deploy":  # tried without traffic
        allowed.append(roles(RolloutState(three[0], candidate=three[1])))

    def prepare() -> list[str]:
        reset(before)
        return arguments(command, three, test_tables, str(tmp_path))

    points = []
    for where in killed_at_each_write(prepare):
        points.append(where)
        state = store.read(NAME)
        assert roles(state) in allowed, (where, state)
        way_out(state, three)
    named = json.loads(place("status", "--json").stdout)["rollouts"][NAME]
    assert named["champion"] == store.read(NAME).champion
    assert len(points) >= 4
    assert sum(load.values()) > 50 and set(load) <= set(three), load


def test_promotion_that_is_killed_is_in_the_history_with_its_reason(three, place):
    (before, after), reason = (make(three) for make in CASES["promote"]), "It answers better."

    def prepare() -> list[str]:
        reset(before)
        return ["promote", NAME, "--reason", reason]

    def told() -> list[tuple]:
        events = json.loads(place("history", NAME, "--json").stdout)
        mine = [event for event in events if event["reason"] == reason]
        return [(event["kind"], event["version"], event["by"]) for event in mine]

    changes = 0
    for where in killed_at_each_write(prepare):
        changes += roles(store.read(NAME)) == roles(after)
        for _time in range(2):
            assert told() == [("promoted", three[1], change.user())] * changes, where
    assert changes and len(told()) == changes + 1  # the last was not killed


def test_look_tells_of_a_promotion_that_was_killed(three, place):
    after = RolloutState(three[2], previous=three[0], since="2026-11-22T12:00:00+00:00")
    reset(replace(after, by="capstan promote (ann@home)", reason="It is newer."))
    watcher = Watcher(NAME, catalogue.load(NAME))
    for _look in range(2):
        with pytest.raises(CapstanError, match="reference"):  # the run of this version kept no signals to compare with
            watcher(datetime.now(UTC))
    [event] = [event for event in history().events(NAME) if event.reason == "It is newer."]
    assert (event.kind, event.version, event.by) == ("promoted", three[2], "ann@home")


def test_candidate_is_tried_without_traffic(load, three):
    reset(RolloutState(three[0], candidate=three[2]))
    seen = sum(load.values())
    while sum(load.values()) < seen + 300:
        time.sleep(0.05)
    assert three[2] not in load
    reply = httpx.post(
        f"{settings().endpoint_url}/v1/models/{NAME}:predict",
        json={"instances": catalogue.load(NAME).examples(catalogue.load(NAME).load(None))[:1]},
        headers={"x-capstan-variant": "candidate"},
    )
    assert reply.json()["predictions"][0]["model_version"] == three[2]


def test_run_during_a_roll_out_stops_before_training(three, place):
    state = RolloutState(three[0], three[1], traffic=Traffic("canary", 10))
    reset(state)
    done = place("run", NAME, "--canary", "10")
    assert done.returncode == 1 and f"version {three[1]} is the challenger of version {three[0]}" in done.stderr
    assert f"capstan rollback {NAME}" in done.stderr and "ingest" not in done.stdout
    assert roles(store.read(NAME)) == roles(state)


def test_run_with_a_canary_and_no_champion_makes_the_champion_and_says_so(three, place):
    store.write_state(NAME, RolloutState())
    done = place("run", NAME, "--canary", "10")
    assert done.returncode == 0, done.stderr
    assert "is the champion. There was none to compare it with." in done.stdout
    assert store.read(NAME).champion and not store.read(NAME).challenger


def test_run_with_a_canary_gives_the_new_version_its_share_and_says_how_to_go_on(three, place):
    reset(RolloutState(three[1]))
    done = place("run", NAME, "--canary", "10")
    assert done.returncode == 0, done.stderr
    state = store.read(NAME)
    assert (state.champion, state.traffic) == (three[1], Traffic("canary", 10)) and state.challenger
    sentence = f"Version {state.challenger} is the challenger of version {three[1]} and answers 10 % of the keys."
    assert sentence in done.stdout and f"capstan promote {NAME}" in done.stdout


def test_two_commands_at_once_one_wins_and_the_other_is_told(three, place):
    reset(RolloutState(three[0]))
    with commands.changing(NAME):  # one is under way
        done = place("canary", NAME, "--percent", "10")
    assert done.returncode == 1 and "is being changed by another command" in done.stderr
    assert roles(store.read(NAME)) == roles(RolloutState(three[0]))


def test_command_with_the_endpoint_away_changes_nothing_and_says_so(three, place, monkeypatch):
    reset(RolloutState(three[0]))
    done = place("canary", NAME, "--percent", "10", CAPSTAN_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 1 and "Nothing was changed" in done.stderr
    assert roles(store.read(NAME)) == roles(RolloutState(three[0]))


def test_challenger_that_cannot_be_loaded_is_refused_and_the_champion_stays(three, place):
    reset(RolloutState(three[0]))
    broken = versions.edit_source(NAME, three[1], lambda text: text + "\nraise RuntimeError('too old')\n")
    done = place("canary", NAME, "--percent", "10", "--version", broken)
    assert done.returncode == 1 and "too old" in done.stderr and "Nothing was changed" in done.stderr
    assert roles(store.read(NAME)) == roles(RolloutState(three[0]))


def test_challenger_that_cannot_be_loaded_is_not_promoted(three, place):
    """It answered when its roll-out began, and its files were lost since."""
    broken = versions.edit_source(NAME, three[1], lambda text: text + "\nraise RuntimeError('lost')\n")
    state = RolloutState(three[0], broken, traffic=Traffic("canary", 10))
    reset(state)
    done = place("promote", NAME)
    assert done.returncode == 1 and "lost" in done.stderr and "Nothing was changed" in done.stderr
    assert roles(store.read(NAME)) == roles(state)


def test_version_whose_deployment_failed_needs_force_and_is_not_the_newest(three, place):
    from capstan.versions import registry

    reset(RolloutState(three[0]))
    registry.set_tag(NAME, three[1], "deployment", "failed")
    try:
        refused = place("canary", NAME, "--percent", "10", "--version", three[1])
        assert refused.returncode == 1 and "its deployment failed. Add --force" in refused.stderr
        newest = place("canary", NAME, "--percent", "10")
        assert store.read(NAME).challenger != three[1] or newest.returncode == 1
    finally:
        registry.set_tag(NAME, three[1], "deployment", "succeeded")


def test_canary_does_not_go_back_to_a_version_before_the_champion(three, place):
    from capstan.versions import registry

    newest = registry.versions(NAME)[0].version
    reset(RolloutState(newest))
    done = place("canary", NAME, "--percent", "10")
    assert done.returncode == 1 and f"newer than its champion, version {newest}" in done.stderr
    assert "--version" in done.stderr and not store.read(NAME).challenger


def test_second_rollback_says_what_is_remembered(three, place):
    reset(RolloutState(three[1], previous=three[0]))
    assert place("rollback", NAME).returncode == 0 and store.read(NAME).champion == three[0]
    done = place("rollback", NAME)
    assert done.returncode == 1 and "Only one champion before is remembered" in done.stderr


def test_version_that_the_gate_rejected_needs_force(three, place):
    from capstan.versions import registry

    reset(RolloutState(three[0]))
    registry.set_tag(NAME, three[2], "verdict", "rejected")
    try:
        refused = place("canary", NAME, "--percent", "10", "--version", three[2])
        assert refused.returncode == 1 and "--force" in refused.stderr
        forced = place("canary", NAME, "--percent", "10", "--version", three[2], "--force")
        assert forced.returncode == 0, forced.stderr
        assert store.read(NAME).challenger == three[2]
    finally:
        registry.set_tag(NAME, three[2], "verdict", "accepted")


def test_aliases_are_a_copy_that_nothing_reads(three, place):
    """Somebody moves MLflow's alias by hand: the endpoint stays, and the next command rewrites it."""
    from capstan.versions import registry

    reset(RolloutState(three[0]))
    registry.set_alias(NAME, "champion", three[2])
    url = f"{settings().endpoint_url}/v2/models/{NAME}"
    httpx.post(f"{settings().endpoint_url}/v2/repository/models/{NAME}/load", timeout=60)
    assert httpx.get(url).json()["variants"] == {"champion": three[0]}
    assert place("shadow", NAME, "--version", three[1]).returncode == 0
    assert registry.by_alias(NAME, "champion").version == three[0]


def test_up_does_not_wait_for_the_champion_and_predict_does(three, place, tmp_path):
    may_load = tmp_path / "may load"
    waits = f"\nimport pathlib, time\nwhile not pathlib.Path({str(may_load)!r}).exists():\n    time.sleep(0.1)\n"
    store.write_state(NAME, RolloutState(versions.edit_source(NAME, three[0], lambda text: text + waits)))
    place.kill("endpoint")
    done = place("up", "--json")
    assert done.returncode == 0, done.stderr
    [waiting] = json.loads(done.stdout)[1]["not_ready"]
    assert waiting == {"name": NAME, "reason": "It is loading.", "loading": True}
    task = catalogue.load(NAME)
    row = task.examples(task.load(None))[0]
    soon = threading.Timer(3, may_load.touch)
    soon.start()
    asked = place("predict", NAME, *(f"--entity={key}={value}" for key, value in row.items()))
    soon.join()
    assert asked.returncode == 0, asked.stderr
    assert json.loads(place("up", "--json").stdout)[1]["not_ready"] == []


def test_up_says_which_champion_cannot_be_loaded(three, place):
    broken = versions.edit_source(NAME, three[0], lambda text: text + "\nraise RuntimeError('too old')\n")
    store.write_state(NAME, RolloutState(broken))
    place.kill("endpoint")
    assert place("up").returncode in (0, 1)  # it may still be loading
    wait_until(lambda: not httpx.get(f"{settings().endpoint_url}/v2").json()["loading"])
    done = place("up")
    [line] = [line for line in done.stdout.splitlines() if NAME in line]
    assert done.returncode == 1 and line.startswith("not ready") and "too old" in line
    assert "A champion does not answer" in done.stderr
    assert place.services()["endpoint"]["state"] == "healthy"
    assert "too old" in place("status").stdout
    reset(RolloutState(three[0]))
    assert place("up").returncode == 0 and NAME not in place("up").stdout
