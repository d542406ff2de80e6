"""What an earlier Capstan registered or made works with today's code: its versions, and its new capstones."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from capstan.settings import ROOT
from tests.support.data import DATA_DIR
from tests.support.processes import HANG_SECONDS, free_port
from tests.support.small import small

pytestmark = [pytest.mark.slow, pytest.mark.rotating]

BEFORE = "cacd94b7061b969005e4c0da61a89bc0fd389777"  # the last commit whose core was one flat folder
NAMES = [
    "churn",
    "house_price",
    "anomaly",
]  # with online features; with a stack of models; with state that events change
# Its version 1 learned from streams that are tested now. Few streams do not show that a fair version is as good.
WHOLE = {"anomaly": {"CAPSTAN_DATA_DIR": str(DATA_DIR)} if DATA_DIR else {}}
# What follows from features, which a newer version computes in another way, until the next event.
OF_FEATURES = {"anomaly": {"score", "usual", "reasons", "columns"}}
Command = Callable[..., dict[str, Any]]


def command(checkout: Path, home: Path, ports: dict[str, str]) -> Command:
    """Return a function that runs the command of a checkout, and returns what it prints as JSON."""

    def run(*arguments: str, **environment: str) -> dict[str, Any]:
        own = {"CAPSTAN_HOME": str(home), "PYTHONPATH": str(checkout)} | ports | environment
        done = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            cwd=checkout,
            env=os.environ | own,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if "--json" in arguments else {}

    return run


@pytest.fixture(scope="module")
def commands(tmp_path_factory) -> Iterator[tuple[Command, Command]]:
    """The command as it was, and that of today, on one state folder of their own."""
    folder = tmp_path_factory.mktemp("before")
    archive = subprocess.run(["git", "archive", BEFORE], capture_output=True, cwd=ROOT)
    assert archive.returncode == 0, f"The history ends before {BEFORE}: run `git fetch --unshallow`. {archive.stderr}"
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder / "checkout", filter="data")
    ports = {f"CAPSTAN_{name}_PORT": str(free_port()) for name in ("MLFLOW", "ENDPOINT", "GRPC", "EVIDENTLY")}
    before, today = (command(checkout, folder / "home", ports) for checkout in (folder / "checkout", ROOT))
    try:
        yield before, today
    finally:
        today("down")


@pytest.fixture(scope="module")
def registered(commands, tmp_path_factory) -> dict[str, dict[str, Any]]:
    """Each capstone's version 1, which the command as it was made: how it was run, a request, and its answer."""
    before, _ = commands
    runs = {}
    for name in NAMES:
        part, folder = small(name), tmp_path_factory.mktemp(name)
        part.write(folder)
        data = {"CAPSTAN_DATA_DIR": str(folder)} if any(folder.iterdir()) else {}
        options = [f"--set={key}={value}" for key, value in part.SETTINGS.items()]
        assert before("run", name, "--json", *options, **data)["version"] == "1"
        request = folder / "request.json"
        request.write_text(json.dumps(part.ASKED))
        runs[name] = {"options": options, "data": data, "request": request}
        runs[name]["answer"] = ask(before, name, request)
    before("down")
    return runs


def ask(run: Command, name: str, request: Path) -> dict[str, Any]:
    """Return the answer to a request, without its number."""
    [answer] = run("predict", name, "--json", "--file", str(request))["predictions"]
    return {field: value for field, value in answer.items() if field != "prediction_id"}


@pytest.mark.parametrize("name", NAMES)
def test_an_earlier_version_is_served_judged_and_rolled_back_to(name, registered, commands):
    _, today = commands
    entry = registered[name]
    today("up")
    assert ask(today, name, entry["request"]) == entry["answer"]
    second = today("run", name, "--json", *entry["options"], **WHOLE.get(name, entry["data"]))
    assert (second["verdict"], second["version"]) == ("accepted", "2")
    runs = Path(second["log"]).parents[2] / "runs"
    reports = [path.read_text() for path in runs.glob(f"{name.replace('_', '-')}-*/gate/report*")]
    assert any("version 1, was measured on these tables" in report for report in reports)
    today("rollback", name)
    answer, free = ask(today, name, entry["request"]), OF_FEATURES.get(name, set())
    assert answer.keys() == entry["answer"].keys()
    assert {field: value for field, value in answer.items() if field not in free} == {
        field: value for field, value in entry["answer"].items() if field not in free
    }


def test_capstones_of_the_earlier_capstan_new_run(commands, tmp_path):
    before, today = commands
    today("down")  # the endpoint looks for capstones when it starts
    for kind, options in {"table": ["--contract", "--endpoint"], "torch": [], "stream": []}.items():
        before("new", f"renewal_{kind}", "--kind", kind, "--into", str(tmp_path), *options)
        trained = today("run", f"renewal_{kind}", "--json", CAPSTAN_CAPSTONES=str(tmp_path))
        assert trained["verdict"] == "accepted"
