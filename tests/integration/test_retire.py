"""`capstan retire` on one machine: a version that nothing brings back, and a capstone that only a run brings back."""

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from capstan import catalogue
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic
from capstan.settings import settings
from capstan.versions import registry
from tests.integration.place import Place, place_of_examples
from tests.support import versions
from tests.support.victim import ended, killed_at_each_write

pytestmark = pytest.mark.rotating
NAME = "served"
ROW = dict.fromkeys(["age", "sex", "bmi", "bp", "s3", "s5"], 0.01)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """A place with a capstone that has features and an endpoint, and one that has an endpoint alone. Both have run."""
    folder = str(tmp_path_factory.mktemp("capstones"))
    with place_of_examples(tmp_path_factory.mktemp("retire") / "home") as place, pytest.MonkeyPatch.context() as patch:
        place.environment["CAPSTAN_CAPSTONES"] = folder
        patch.setenv("CAPSTAN_CAPSTONES", folder)
        settings.cache_clear()
        for name, capabilities in {"whole": ["--features", "--endpoint"], NAME: ["--endpoint"]}.items():
            created = place("new", name, "--into", folder, *capabilities)
            assert created.returncode == 0, created.stderr
            run(place, name)
        yield place


@pytest.fixture
def three(place) -> list[str]:
    """Three accepted versions, of which the second is the champion and the first was it before."""
    task = catalogue.load(NAME)
    model = task.train(task.split(task.load(None))[0])
    registered = [versions.register(NAME, model) for _ in range(3)]
    reset(RolloutState(registered[1], previous=registered[0]))
    return registered


def run(place: Place, name: str) -> dict:
    done = place("run", name, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def reset(state: RolloutState) -> None:
    """Bring the roll-out to a state, and the endpoint with it."""
    store.write_state(NAME, state)
    store.copy_to_aliases(NAME, state)
    httpx.post(f"{settings().endpoint_url}/v2/repository/models/{NAME}/load", timeout=60).raise_for_status()


def said(place: Place, *arguments: str, **environment: str) -> str:
    """Return the one line with which a command refuses."""
    done = place(*arguments, **environment)
    assert done.returncode == 1 and done.stderr.startswith("Error: "), (arguments, done.stdout, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def status(name: str = NAME, row: dict = ROW) -> int:
    url = f"{settings().endpoint_url}/v1/models/{name}:predict"
    return httpx.post(url, json={"instances": [row]}, timeout=30).status_code


def retired(number: str) -> bool:
    return registry.version(NAME, number).retired


def test_retired_version_gets_no_role_again_not_even_by_force(place, three):
    first, _champion, newest = three
    for number in (first, newest):
        done = place("retire", NAME, "--version", number)
        assert done.returncode == 0 and f"retired version {number}" in done.stdout, done.stderr
    before = store.read(NAME)
    for command in (["canary", NAME, "--percent", "5"], ["ab", NAME], ["shadow", NAME]):
        assert "no accepted version that is newer" in said(place, *command)
        assert f"Version {newest} of {NAME} was retired" in said(place, *command, "--version", newest, "--force")
    assert f"Version {first} of {NAME} was retired" in said(place, "rollback", NAME)
    assert store.read(NAME) == before and status() == 200
    # A second time changes nothing.
    tag = registry.version(NAME, first).tags[registry.RETIRED]
    assert place("retire", NAME, "--version", first).returncode == 0
    assert registry.version(NAME, first).tags[registry.RETIRED] == tag


def test_version_retired_while_its_run_goes_on_is_not_deployed(place, three, tmp_path):
    from capstan.errors import CapstanError
    from capstan.rollout import deployment

    assert place("retire", NAME, "--version", three[2]).returncode == 0
    before = store.read(NAME)
    with pytest.raises(CapstanError, match="was retired"):
        deployment.deploy(NAME, three[2], lambda role: None)
    assert store.read(NAME) == before


@pytest.mark.parametrize("role", ["champion", "challenger", "candidate"])
def test_version_with_a_role_is_refused(role, place, three):
    traffic = Traffic("canary", 10) if role == "challenger" else Traffic()
    reset(RolloutState(**{"champion": three[0], role: three[2]}, traffic=traffic))
    assert f"is the {role}: " in said(place, "retire", NAME, "--version", three[2])
    assert not retired(three[2])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["servd"], "Did you mean"),
        (["servd", "--version", "1"], "Did you mean"),
        ([NAME, "--version", "999"], "has no version 999. It has: "),
        ([NAME, "--version", "one"], "has no version one. It has: "),
        ([NAME, "--version", "9" * 20], "has no version 99999999999999999999. It has: "),
        ([NAME, "--version", str(2**31)], "has no version 2147483648. It has: "),
        ([NAME, "--version", "03"], "has no version 03. It has: "),
        ([NAME, "--version", "\u0663"], "has no version \u0663. It has: "),
        ([NAME, "--version", ""], "has no version ''. It has: "),
        (["house_sale"], "is not deployed"),
    ],
)
def test_bad_input_is_refused_with_one_line(arguments, expected, place):
    more = [place.environment["CAPSTAN_CAPSTONES"], str(Path(__file__).parents[1] / "capstones")]
    assert expected in said(place, "retire", *arguments, CAPSTAN_CAPSTONES=":".join(more))


def test_roll_out_and_run_keep_a_capstone_from_being_retired(place, three):
    reset(RolloutState(three[0], three[2], traffic=Traffic("canary", 10)))
    before = store.read(NAME)
    assert "A roll-out of served is under way" in said(place, "retire", NAME)
    reset(RolloutState(three[0]))
    with (place.home / "run" / f"{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "is being run" in said(place, "retire", NAME)
    assert store.read(NAME).champion == before.champion and status() == 200


def test_capstone_is_taken_down_and_a_run_brings_it_back(place):
    row, stores = {"patient": 3}, place.home / "feast" / "whole"
    champion = store.read("whole").champion
    assert status("whole", row) == 200 and stores.exists()
    known = [version.version for version in registry.versions("whole")]
    done = place("retire", "whole")
    assert done.returncode == 0, done.stderr
    for what in (f"version {champion}, the champion", "its endpoint", "its online features", "capstan run whole"):
        assert what in done.stdout
    assert status("whole", row) == 404 and not stores.exists()
    assert not store.read("whole").versions() and registry.by_alias("whole", "champion") is None
    assert [version.version for version in registry.versions("whole")] == known
    assert list((place.home / "predictions" / "wal").glob("*.jsonl"))
    assert "whole is not deployed" in said(place, "retire", "whole")
    assert run(place, "whole")["version"] == champion
    assert status("whole", row) == 200
    assert store.read("whole").champion == champion


@pytest.mark.rotating
def test_retirement_that_is_killed_at_any_write_is_ended_by_the_next(place, three):
    def prepare() -> tuple[str, ...]:
        reset(RolloutState(three[1], previous=three[0]))
        return "retire", NAME, "--yes"

    points = []
    for where in killed_at_each_write(prepare):
        points.append(where)
        ended("retire", NAME)  # or there is nothing left to do
        assert not store.read(NAME).versions() and status() == 404, where
        assert registry.by_alias(NAME, "champion") is None
    assert len(points) >= 6
    reset(RolloutState(three[1]))


def test_identical_model_after_a_retirement_is_a_version_of_its_own(place):
    before = run(place, NAME)["version"]
    newer = versions.register(NAME, registry.load_version(NAME, before).model)
    reset(RolloutState(newer))
    assert place("retire", NAME, "--version", before).returncode == 0
    again = run(place, NAME)
    assert again["verdict"] == "accepted" and int(again["version"]) > int(newer)
    assert store.read(NAME).champion == again["version"] and status() == 200
    old, new = (registry.version(NAME, number) for number in (before, again["version"]))
    assert old.tags["digest"] == new.tags["digest"] and old.retired and not new.retired
    assert registry.call("GET", "runs/get", run_id=old.run_id)["run"]["info"]["lifecycle_stage"] == "active"
    assert registry.load_version(NAME, before).schema["capstone"] == NAME
    # It is registered once, too.
    assert run(place, NAME)["version"] == again["version"]
