"""The commands of the documentation, run as they stand there, one after another. It takes about ten minutes."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e import kube
from tests.support.documented_commands import Command, commands
from tests.support.processes import ROOT

pytestmark = [pytest.mark.long, pytest.mark.alone]
PAGE = ROOT / "docs" / "kubernetes.md"
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANSWER = re.search(r"Both print `\[([\d.]+)\]`", PAGE.read_text())[1]


class Reader:
    """A shell whose variables stay from command to command, in the checkout. What it puts in the background ends."""

    def __init__(self, folder: Path):
        self.folder, self.state, self.background = folder, folder / "variables", []
        self.state.touch()

    def run(self, command: Command, timeout: float = 900) -> str:
        """Return what a command prints."""
        after = f"status=$?; export -p > {self.state}; exit $status"
        done = subprocess.run(
            ["bash", "-c", f"source {self.state}\n{command.text}\n{after}"], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        assert done.returncode == 0, f"{PAGE.name}:{command.line} {command.text}\n{done.stdout}{done.stderr}"
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return os.environ | kube.ENVIRONMENT | {"PATH": path, "BROWSER": "true"}

    def start(self, command: Command) -> None:
        """Start a command that goes on until Ctrl-C."""
        log = (self.folder / f"line-{command.line}.log").open("w")
        self.background.append(
            subprocess.Popen(
                ["bash", "-c", f"exec {command.text}"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        )
        time.sleep(5)
        assert self.background[-1].poll() is None, f"{command.text}: {Path(log.name).read_text()}"

    def close(self) -> None:
        for child in self.background:
            child.terminate()
            child.wait()


@pytest.fixture
def reader(tmp_path):
    session = Reader(tmp_path)
    yield session
    session.close()
    (ROOT / "flight_delay.yaml").unlink(missing_ok=True)


def test_page_from_nothing_to_a_served_model(cluster, services, reader):
    """Every command of docs/kubernetes.md but the examples; then the two clients, which print what the page says."""
    services.wait_for_other_runs()
    if services.rollout()["challenger"]:
        kube.answer("rollback", "flight_delay")
    served = False
    for command in commands(PAGE):
        if command.kind == "example" or command.text.startswith("source "):  # the environment is active here
            continue
        if command.kind == "background":
            reader.start(command)
            continue
        output = reader.run(command)
        if "curl" in command.text:
            assert '"probability":' in output
            served = True
            for text in PYTHON.findall(PAGE.read_text()):
                script = reader.folder / "client.py"
                script.write_text(text)
                assert f"[{ANSWER}]" in reader.run(Command(f"python {script}", 0))
    assert served
