"""A state folder and ports of a test's own, the command run with them, and all that it starts."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from capstan.settings import settings
from tests.integration.conftest import capstan
from tests.support.processes import ROOT, free_port, having, helps_this_process

PORTS = ["MLFLOW", "ENDPOINT", "GRPC", "EVIDENTLY"]


class Place:
    """A state folder and ports, and the command run with them."""

    def __init__(self, home: Path):
        self.home = home
        self.environment = {"CAPSTAN_HOME": str(home)}
        self.environment |= {f"CAPSTAN_{name}_PORT": str(free_port()) for name in PORTS}

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return capstan(*arguments, **self.environment | environment)

    def services(self) -> dict[str, dict]:
        return {service["name"]: service for service in json.loads(self("status", "--json").stdout)["services"]}

    def process(self, service: str) -> psutil.Process:
        """Return the process of a service that runs."""
        pid = self.services()[service]["pid"]
        assert pid, f"{service} does not run"  # psutil takes None for this process
        return psutil.Process(pid)

    def kill(self, service: str) -> None:
        """Kill a service, and wait until it is gone: its port is free then."""
        process = self.process(service)
        process.kill()
        process.wait(60)

    def processes(self) -> list[psutil.Process]:
        """Return every process whose environment names this state folder."""
        return [process for process in having("CAPSTAN_HOME", str(self.home)) if not helps_this_process(process)]

    def clear(self) -> None:
        """Stop what is left, by process id."""
        self("down")
        for process in self.processes():
            process.kill()


@contextmanager
def place_of_examples(home: Path) -> Iterator[Place]:
    """A place whose capstones are those of `tests/capstones`; the settings of this process point to it, too."""
    place = Place(home)
    place.environment["CAPSTAN_CAPSTONES"] = str(ROOT / "tests" / "capstones")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        try:
            yield place
        finally:
            place.clear()
            settings.cache_clear()
