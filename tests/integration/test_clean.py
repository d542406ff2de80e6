"""`capstan clean` on one machine: what the policy removes, and all that it leaves."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from capstan.versions import registry
from capstan.versions.best import UNITS
from tests.integration.place import Place, place_of_examples
from tests.support import versions
from tests.support.victim import ended, killed_at_each_write

pytestmark = pytest.mark.rotating
NAME = "wine_cluster"
DAY = 86_400


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """A place with MLflow."""
    with place_of_examples(tmp_path_factory.mktemp("clean") / "home") as place:
        from capstan.local import stack

        list(stack.up(["mlflow"]))
        yield place


@pytest.fixture(scope="module")
def model(place):
    task = catalogue.load(NAME)
    return task.train(task.split(task.load(None))[0])


@pytest.fixture
def seven(place, model) -> list[str]:
    """Seven more versions, each with a page. The first is the champion, the third the one before it."""
    registered = [versions.register(NAME, model, digest=f"made at {time.time_ns()}") for _ in range(7)]
    for number in registered:
        for key in (f"reports/{NAME}/version-{number}-on-0123.html", f"monitoring/{NAME}/version-{number}.parquet"):
            path = place.home / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("page")
    store.write_state(NAME, RolloutState(registered[0], previous=registered[2]))
    return registered


def clean(place: Place, *options: str, **environment: str) -> dict[str, dict]:
    """Run the command; return what it says of each kind."""
    done = place("clean", NAME, "--json", *options, **environment)
    assert done.returncode == 0, done.stderr
    return {kind["kind"]: kind for kind in json.loads(done.stdout)["kinds"]}


def counts(kind: dict) -> tuple[int, int]:
    return kind["removed"], kind["kept"]


def numbers() -> set[str]:
    return {version.version for version in registry.versions(NAME)}


def files(place: Place, version: registry.ModelVersion) -> list[Path]:
    """Return the files of a version, wherever MLflow keeps them."""
    artifacts = place.home / "mlflow" / "artifacts"
    return [path for path in artifacts.rglob("*") if {version.model_id, version.run_id} & set(path.parts)]


def pages(place: Place) -> set[str]:
    return {path.name for folder in ("reports", "monitoring") for path in (place.home / folder / NAME).iterdir()}


def age(path: Path, days: float) -> None:
    """Make a file or folder that was last changed some days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch() if path.suffix else path.mkdir(exist_ok=True)
    then = time.time() - days * DAY
    os.utime(path, (then, then))


def test_versions_without_a_role_go_for_good_and_the_others_load(place, seven):
    gone = [registry.version(NAME, number) for number in (seven[1], seven[3], seven[4])]
    assert all(files(place, version) for version in gone)
    before = numbers()
    kinds = clean(place, "--dry-run", CAPSTAN_KEEP_VERSIONS="2")
    assert numbers() == before and all(files(place, version) for version in gone)
    assert clean(place, CAPSTAN_KEEP_VERSIONS="2") == kinds
    kept = {seven[0], seven[2], *seven[5:]}
    assert numbers() == kept
    assert not any(files(place, version) for version in gone)
    # What MLflow's own deletion leaves to be seen.
    for version in gone:
        with pytest.raises(CapstanError, match="RESOURCE_DOES_NOT_EXIST"):
            registry.call("GET", f"logged-models/{version.model_id}")
        run = registry.call("GET", "runs/get", run_id=version.run_id)["run"]
        assert run["info"]["lifecycle_stage"] == "deleted"
    for number in kept:
        assert registry.load_version(NAME, number).schema["capstone"] == NAME
    assert {name.split("-")[1].removesuffix(".parquet") for name in pages(place)} == kept
    assert counts(kinds["versions"]) == (len(before) - 4, 4) and counts(kinds["reports"])[0] >= 6


@pytest.mark.rotating
def test_clean_that_is_killed_at_any_write_is_ended_by_the_next(place, model, monkeypatch):
    monkeypatch.setenv("CAPSTAN_KEEP_VERSIONS", "1")
    entries = [registry.version(NAME, versions.register(NAME, model, digest="first"))]

    def prepare() -> tuple[str, ...]:
        """Make a champion, newer than the version that was it before and has no role now."""
        entries.append(registry.version(NAME, versions.register(NAME, model, digest=f"made at {time.time_ns()}")))
        store.write_state(NAME, RolloutState(entries[-1].version))
        return "clean", NAME

    points = []
    for where in killed_at_each_write(prepare):
        points.append(where)
        assert ended("clean", NAME) == 0
        assert numbers() == {entries[-1].version} and not files(place, entries[-2]), where
        assert registry.load_version(NAME, entries[-1].version)
    assert len(points) >= 10  # two files, model, run, entry; the aliases before


def test_model_that_two_versions_share_stays(place, model):
    first = registry.version(NAME, versions.register(NAME, model, digest="shared"))
    again = registry.create_version(NAME, first.model_id, first.run_id, {"verdict": "accepted"}).version
    store.write_state(NAME, RolloutState(again))
    clean(place, CAPSTAN_KEEP_VERSIONS="1")
    assert numbers() == {again}
    assert registry.load_version(NAME, again)


def test_predictions_of_old_days_go_and_the_log_that_is_written_stays(place):
    log = place.home / "predictions"
    today = datetime.now(UTC).date()
    days = {days: log / f"model={NAME}" / f"date={today - timedelta(days)}" / "a.parquet" for days in (0, 89, 90, 91)}
    house_sale = log / "model=house_sale" / "date=2020-01-01" / "a.parquet"
    for path in [*days.values(), house_sale]:
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"model": [NAME]}).to_parquet(path)
    age(log / "wal" / "old.jsonl", 200)
    assert counts(clean(place)["predictions"]) == (1, 3)
    assert [path.exists() for path in days.values()] == [True, True, True, False]
    assert house_sale.exists() and (log / "wal" / "old.jsonl").exists()


def test_folders_of_runs_go_unless_a_younger_step_of_the_cache_needs_them(place):
    home = place.home
    runs, cache = home / "runs", home / "cache" / NAME
    for name, days in {"2020-01-01-1": 31, "2020-01-01-2": 31, "2026-01-01-3": 1}.items():
        age(runs / f"wine-cluster-{name}", days)
    age(runs / "wine-cluster-two-2020-01-01-1", 31)  # of another capstone
    for name, days, run in (("old", 31, "2020-01-01-1"), ("young", 29, "2020-01-01-2")):
        cache.mkdir(parents=True, exist_ok=True)
        (cache / f"{name}.json").write_text(json.dumps({"uri": f"{runs}/wine-cluster-{run}/train/model"}))
        (cache / f"{name}.digests").write_text("{}")
        for suffix in ("json", "digests"):
            age(cache / f"{name}.{suffix}", days)
    age(home / "logs" / NAME / "2020-01-01-000000.log", 31)
    age(home / "answers" / NAME / "0123.json", 31)
    assert counts(clean(place)["files of runs"]) == (5, 4)
    left = {path.name for path in runs.iterdir()}
    assert left == {"wine-cluster-2020-01-01-2", "wine-cluster-2026-01-01-3", "wine-cluster-two-2020-01-01-1"}
    assert {path.name for path in cache.iterdir()} == {"young.json", "young.digests"}


def test_capstone_that_is_being_run_is_left(place, seven):
    old = place.home / "runs" / "wine-cluster-2020-01-01-9"
    age(old, 31)
    before = numbers()
    with (place.home / "run" / f"{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kinds = clean(place, CAPSTAN_KEEP_VERSIONS="1")
    assert old.exists() and numbers() == before
    assert "being run" in kinds["versions"]["notes"][0] and "being run" in kinds["files of runs"]["notes"][0]
    clean(place, CAPSTAN_KEEP_VERSIONS="1")
    assert not old.exists() and numbers() == {seven[0], seven[2], seven[6]}


def test_lines_say_what_was_done_and_bad_input_is_one_line(place):
    done = place("clean", NAME, "--dry-run")
    assert done.returncode == 0 and "versions" in done.stdout and "would be removed" in done.stdout
    for arguments, environment in (["wine_clutser"], {}), ([NAME], {"CAPSTAN_KEEP_VERSIONS": "0"}):
        done = place("clean", *arguments, **environment)
        assert done.returncode == 1 and done.stderr.startswith("Error: ") and len(done.stderr.splitlines()) == 1
    assert httpx.get(f"{settings().tracking_uri}/health").is_success


@pytest.mark.parametrize("source", ["there", "deleted, as in the image of a cluster's clean"])
def test_version_with_the_best_value_stays(place, seven, source):
    """The gate compares candidates with it. A version without units is not compared."""
    for number, value in ((seven[1], 0.4), (seven[4], 0.3), (seven[5], 0.2)):
        run = registry.version(NAME, number).run_id
        registry.call("POST", "runs/log-metric", run_id=run, key="silhouette", value=value, timestamp=0)
        registry.set_tag(NAME, number, UNITS, "silhouette=higher")
    registry.set_tag(NAME, seven[1], "verdict", "rejected")
    clean(place, CAPSTAN_KEEP_VERSIONS="1", **({} if source == "there" else {"CAPSTAN_CAPSTONES": ""}))
    assert numbers() == {seven[0], seven[2], seven[4], seven[6]}
