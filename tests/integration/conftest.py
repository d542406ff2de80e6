"""The stack, the small run of each capstone and that of the flagship, through the command, shared by the tests."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from capstan.local import stack
from capstan.runner.steps import SHARED, start_server
from capstan.settings import settings
from tests.support.processes import HANG_SECONDS, free_port
from tests.support.small import small

CAPSTAN = str(Path(sys.executable).with_name("capstan"))


STARTED: list[subprocess.Popen] = []  # the shared step server


@cache
def steps_fifo() -> str:
    """Start a step server for all runs of this process, which import the libraries once; return its FIFO."""
    folder = Path(os.environ["CAPSTAN_HOME"]) / "steps"
    folder.mkdir(parents=True)
    server = start_server(folder / "server.log", folder / "fifo")
    STARTED.append(server)
    return str(folder / "fifo")


@pytest.fixture(scope="session", autouse=True)
def end_step_server() -> Iterator[None]:
    """End the shared step server, if a test needed it. It ends with its standard input."""
    yield
    for server in STARTED:
        server.stdin.close()
        server.wait(10)


def capstan(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run the command as a user would; return its exit code and output. Its steps come from a shared server."""
    if arguments[:1] in (("run",), ("monitor",)):
        environment = {SHARED: steps_fifo()} | environment
    return subprocess.run(
        [CAPSTAN, *arguments], capture_output=True, text=True, timeout=HANG_SECONDS, env=os.environ | environment
    )


@pytest.fixture(scope="session")
def up() -> dict[str, dict]:
    """The running stack: name, URL and log of each service. It is stopped at the end."""
    started = capstan("up", "--json")
    try:
        assert started.returncode == 0, started.stderr
        yield {service["name"]: service for service in json.loads(started.stdout)}
    finally:
        capstan("down")


@pytest.fixture(scope="session")
def small_run(up, tmp_path_factory) -> Callable[[str], dict]:
    """Run a capstone on the small part of its data, and return the summary. Each runs once."""

    @cache
    def run(name: str) -> dict:
        part, folder = small(name), tmp_path_factory.mktemp(name)
        part.write(folder)
        options = [f"--set={key}={value}" for key, value in part.SETTINGS.items()]
        data = {"CAPSTAN_DATA_DIR": str(folder)} if any(folder.iterdir()) else {}  # the folder is in the cache's key
        done = capstan("run", name, "--json", *options, **data)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def road(small_run) -> dict:
    """The summary of `capstan run flight_delay`. Its small part is all 336,776 flights."""
    return small_run("flight_delay")


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory) -> Iterator[None]:
    """MLflow, with a state folder of the module's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAPSTAN_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("CAPSTAN_MLFLOW_PORT", str(free_port()))
        settings.cache_clear()
        try:
            list(stack.up(["mlflow"]))
            yield
        finally:
            list(stack.down())
            settings.cache_clear()


@pytest.fixture
def place(tmp_path):
    """A state folder and ports of a test's own, where nothing runs."""
    from tests.integration.place import Place  # which runs the command above

    place = Place(tmp_path / "home")
    yield place
    place.clear()
