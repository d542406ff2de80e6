"""Ctrl-C and `capstan stop`: one line, exit code 130, and a run that goes on from the cache."""

import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial

import pytest

from tests.integration.conftest import CAPSTAN
from tests.integration.place import Place, place_of_examples
from tests.support.processes import HANG_SECONDS

NAME = "wine_cluster"


@pytest.fixture
def place(tmp_path) -> Iterator[Place]:
    with place_of_examples(tmp_path / "home") as place:
        yield place


def started(place: Place, *arguments: str) -> subprocess.Popen:
    """A command in a group of its own, as a terminal starts it: one in the background ignores Ctrl-C, and so do the
    tests that it runs."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    environment = os.environ | place.environment
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    command = [CAPSTAN, *arguments]
    return subprocess.Popen(command, env=environment, text=True, process_group=0, preexec_fn=listens, **pipes)


def stop(command: subprocess.Popen) -> tuple[str, str]:
    """Press Ctrl-C; return what the command had still to say."""
    os.killpg(command.pid, signal.SIGINT)
    try:
        return command.communicate(timeout=HANG_SECONDS)
    finally:
        command.kill()


def test_ctrl_c_is_one_line(place, tmp_path):
    os.mkfifo(tmp_path / "request")
    command = started(place, "predict", NAME, "--file", str(tmp_path / "request"))
    with (tmp_path / "request").open("w"):  # opened as soon as the command reads it
        output, error = stop(command)
    assert (command.returncode, output, error) == (130, "", "Stopped.\n")


def test_no_run_is_stopped_where_none_goes_on(place):
    done = place("stop", NAME)
    assert (done.returncode, done.stdout) == (0, f"No run of {NAME} goes on.\n")
    lock = place.home / "run" / f"{NAME}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(str(os.getpid()))  # a run that was killed long ago, whose number another process has
    assert place("stop", NAME).returncode == 0
    assert place("stop", "nothing").returncode == 1


@pytest.mark.rotating
def test_run_is_stopped_from_elsewhere_and_goes_on_from_the_cache(place):
    command = started(place, "run", NAME)
    try:
        assert any("split" in line for line in command.stdout), command.stderr.read()
        assert "capstan stop" in place("run", NAME).stderr
        stopped = place("stop", NAME)
        assert (stopped.returncode, stopped.stdout) == (0, f"stopped the run of process {command.pid}\n")
        _, error = command.communicate(timeout=HANG_SECONDS)
    finally:
        command.kill()
    assert command.returncode == 130 and error.startswith("Stopped. "), error
    assert "cached ingest" in place("run", NAME).stdout


@pytest.mark.rotating
def test_stopped_run_says_what_is_left_and_goes_on_from_the_cache(place):
    command = started(place, "run", NAME)
    try:
        assert any("split" in line for line in command.stdout), command.stderr.read()
    finally:
        _, error = stop(command)
    assert command.returncode == 130 and error.startswith("Stopped. "), error
    assert "goes on from the cache" in error and "capstan down" in error and len(error.splitlines()) == 1
    again = place("run", NAME)
    assert again.returncode == 0 and "cached ingest" in again.stdout, again.stderr
