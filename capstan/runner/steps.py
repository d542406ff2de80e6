"""Start steps through the step server, or as new processes when there is none."""

import fcntl
import json
import os
import subprocess
import sys
import time
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from select import POLLHUP, POLLIN, poll
from tempfile import TemporaryDirectory

from capstan.runner.command import is_lightweight, source_of
from capstan.runner.libraries import library

KILLED = 137
SHARED = "STEP_SERVER_FIFO"  # in the environment of many runs: the FIFO of the step server that they share
# numpy and pyarrow start threads when they are imported, and a process with threads should not be forked.
NO_THREADS = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
START_SECONDS = 600  # as for a service of the stack


class Steps:
    """The steps of one run. `run` has the signature of kfp's `run_local_subprocess`."""

    def __init__(self, folder: Path):
        self.folder = folder  # of the FIFOs and status files
        self.libraries: set[str] = set()  # what the steps of the pipeline are forked from
        self.never_cached: set[str] = set()  # while only these run, heavy libraries are not imported in advance
        self.numbers = count(1)  # kfp runs parallel steps in threads
        self.shared, self.server = os.environ.get(SHARED), None
        # Threads that wait by spinning slow down a shared machine: `train` takes up to twice as long.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        if not self.shared:
            self.server = start_server(folder / "server.log")

    def run(self, full_command: list[str], env_vars: dict[str, str] | None = None) -> int:
        """Run a step, print its output line by line and return its exit code."""
        command = list(full_command)
        if not env_vars and is_lightweight(command):
            with suppress(OSError, Unstarted):  # the server is gone
                return self._forked(command)
        return _plain(command, env_vars)

    def _forked(self, command: list[str]) -> int:
        step = _name(command)
        name = f"{next(self.numbers)}-{step}"
        output, status = self.folder / f"{name}.out", self.folder / f"{name}.status"
        os.mkfifo(output)
        reader = os.open(output, os.O_RDONLY | os.O_NONBLOCK)
        try:
            request = {"command": command, "output": str(output), "status": str(status)}
            preload = [] if step in self.never_cached else sorted(self.libraries)
            self._send(request | {"library": library(source_of(command)), "preload": preload})
            for text in self._read(reader):
                sys.stdout.write(text)  # kfp indents what `print` gets, also in the middle of a line
        finally:
            os.close(reader)
        print("\n")
        try:
            return int(status.read_text())
        except (OSError, ValueError):  # it was killed before it could write it
            return KILLED

    def _send(self, request: Mapping[str, object]) -> None:
        if self.shared:
            environment = os.environ | {"_KFP_RUNTIME": "true"}
            _write(Path(self.shared), json.dumps({**request, "environment": environment, "folder": str(Path.cwd())}))
        elif self.server and self.server.stdin:
            self.server.stdin.write(json.dumps(request).encode() + b"\n")
            self.server.stdin.flush()

    def _read(self, reader: int) -> Iterator[str]:
        """Yield what a step prints until it ends. Raises Unstarted when no process accepts it."""
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        waiting, deadline, started = poll(), time.monotonic() + START_SECONDS, False
        waiting.register(reader, POLLIN | POLLHUP)
        while True:
            events = waiting.poll(500)
            gone = self.server is not None and self.server.poll() is not None
            if not events and not started and (gone or time.monotonic() > deadline):
                raise Unstarted
            if events:
                started = True
                data = os.read(reader, 65_536)
                if not data:
                    return
                yield decode(data)

    def close(self) -> None:
        """End the server, unless other runs share it. A step that still runs ends by itself."""
        if self.server is None:
            return
        with suppress(OSError):
            assert self.server.stdin
            self.server.stdin.close()
        try:
            self.server.wait(2)  # it may be in the middle of an import
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()


def start_server(log: Path, fifo: Path | None = None) -> "subprocess.Popen[bytes]":
    """Start a step server, which ends with its standard input; with a FIFO, which is made, one that many runs share.

    log: what libraries say when they are imported.
    """
    environment = os.environ | {"_KFP_RUNTIME": "true"} | NO_THREADS
    command = [sys.executable, "-P", "-m", "capstan.runner.step_server"]
    opened = []
    if fifo:
        os.mkfifo(fifo)
        opened = [os.open(fifo, os.O_RDWR)]  # passed on, so that it has a reader before the server opens it
        command.append(str(fifo))
    try:
        with log.open("w") as output:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment, pass_fds=opened
            )
    finally:
        for descriptor in opened:
            os.close(descriptor)


class Unstarted(Exception):
    """The step server did not accept a step."""


@contextmanager
def step_server() -> Iterator[Steps]:
    """Start a step server, and end it."""
    with TemporaryDirectory(prefix="capstan-run-") as folder:
        steps = Steps(Path(folder))
        try:
            yield steps
        finally:
            steps.close()


@contextmanager
def started_by(steps: Steps) -> Iterator[None]:
    """Make kfp's local runner start its steps through the server."""
    from kfp.local import subprocess_task_handler

    plain = subprocess_task_handler.run_local_subprocess
    subprocess_task_handler.run_local_subprocess = steps.run
    try:
        yield
    finally:
        subprocess_task_handler.run_local_subprocess = plain


def _write(fifo: Path, line: str) -> None:
    """Write a line, which may be longer than what a FIFO takes at once. Raises OSError when nothing reads it."""
    with open(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "w") as file:  # noqa: PTH123  # of a descriptor
        os.set_blocking(file.fileno(), True)
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{line}\n")


def _name(command: list[str]) -> str:
    return command[command.index("--function_to_execute") + 1].replace("_", "-")


def _plain(command: list[str], env_vars: dict[str, str] | None) -> int:
    environment = os.environ | (env_vars or {})
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            sys.stdout.write(line)
        print("\n")
        return process.wait()
