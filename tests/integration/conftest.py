"""The stack and one run of the flagship on all its data, through the command, shared by the tests of what comes out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CAPSTAN = str(Path(sys.executable).with_name("capstan"))


def capstan(*arguments: str, timeout: float = 280, **environment: str) -> subprocess.CompletedProcess:
    """Run the command as a user would; return its exit code and output."""
    return subprocess.run(
        [CAPSTAN, *arguments], capture_output=True, text=True, timeout=timeout, env=os.environ | environment
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
def road(up) -> dict:
    """The summary of `capstan run flight_delay` on all 336,776 flights."""
    done = capstan("run", "flight_delay", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path):
    """A state folder and ports of a test's own, where nothing runs."""
    from tests.integration.place import Place  # which runs the command above

    place = Place(tmp_path / "home")
    yield place
    place.clear()
