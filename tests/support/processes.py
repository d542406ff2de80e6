"""Processes of a test, on its own ports."""

import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
HANG_SECONDS = 1_200  # what takes longer hangs, also on a busy machine; pyproject.toml has the same limit for a test


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on, and never the same twice.

    The system gives connections ports above 32768. One of those could be taken before the server of a test starts.
    """
    for port in _ports():
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


@cache
def _ports() -> Iterator[int]:
    """Each worker of a test run has its own ports."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12_000 + 5_000 * (worker % 4)
    ports = list(range(first, first + 5_000))
    random.SystemRandom().shuffle(ports)
    return iter(ports)


@contextmanager
def process(command: list[str], log: Path, **env: str) -> Iterator[subprocess.Popen]:
    """Run a command in the repository, with its output in a file; it is stopped at the end, and its own processes."""
    with log.open("w") as output:
        child = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield child
    finally:
        workers = []
        with suppress(psutil.NoSuchProcess):
            workers = psutil.Process(child.pid).children(recursive=True)
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.kill()


def having(variable: str, value: str) -> list[psutil.Process]:
    """Return the other processes, all that live, whose environment has a variable with this value."""
    processes = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get(variable) == value:
                processes.append(process)
    return processes


def helps_this_process(process: psutil.Process) -> bool:
    """Return whether a process ends with this one, as helpers of multiprocessing and the tests' own step server do.

    Its environment is that of the test that was the first to need it.
    """
    helpers = ("multiprocessing.resource_tracker", "multiprocessing.forkserver", "capstan.runner.step_server")
    try:
        command = " ".join(process.cmdline())
        return process.ppid() == os.getpid() and any(helper in command for helper in helpers)
    except psutil.Error:  # it has ended
        return True


def wait_until(condition: Callable[[], object], seconds: float = 300) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not come true in time"
        time.sleep(0.05)


def wait_for(url: str, child: subprocess.Popen, log: Path) -> None:
    """Wait until a URL of a process answers with 200."""
    end = time.monotonic() + HANG_SECONDS
    while time.monotonic() < end:
        if child.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    pytest.fail(f"{url} does not answer:\n{log.read_text()[-3000:]}")
