"""A separate stack for a benchmark: state folder and ports that nothing else uses."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

CAPSTAN = str(Path(sys.executable).with_name("capstan"))


@contextmanager
def environment(command: str = CAPSTAN) -> Iterator[dict[str, str]]:
    """Yield the environment of a fresh, running stack; stop it and remove its state afterwards.

    command: the `capstan` of a checkout, by default of this one.
    """
    with tempfile.TemporaryDirectory(prefix="capstan-bench-") as home:
        env = os.environ | {"CAPSTAN_HOME": home}
        for name in ("MLFLOW", "ENDPOINT", "GRPC", "EVIDENTLY"):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                env[f"CAPSTAN_{name}_PORT"] = str(probe.getsockname()[1])
        try:
            capstan(env, "up", command=command)
            yield env
        finally:
            capstan(env, "down", command=command)


class Flagship(NamedTuple):
    """A stack that serves the flagship."""

    env: dict[str, str]
    training_set: str

    @property
    def port(self) -> int:
        return int(self.env["CAPSTAN_ENDPOINT_PORT"])


@contextmanager
def flagship(given: Flagship | None = None) -> Iterator[Flagship]:
    """Yield a stack that serves the flagship: the given one, or a fresh one."""
    if given:
        yield given
        return
    with environment() as env:
        yield Flagship(env, run(env)["training_set"])


def capstan(env: dict[str, str], *arguments: str, command: str = CAPSTAN) -> str:
    """Run the command and return what it printed. Raises RuntimeError."""
    done = subprocess.run([command, *arguments], env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"capstan {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def run(env: dict[str, str], *arguments: str, command: str = CAPSTAN) -> dict:
    """Return the summary of `capstan run flight_delay`."""
    return json.loads(capstan(env, "run", "flight_delay", "--json", *arguments, command=command))
