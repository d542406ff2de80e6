"""A run of the flagship that goes on while something is struck."""

import os
import re
import subprocess
import threading
import time

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE

SECONDS = 900
AGAIN = "The run is started again"


class Run:
    """`capstan --profile cluster run flight_delay`, as a process next to this one."""

    def __init__(self, *options: str) -> None:
        self.began = time.monotonic()
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [kube.CAPSTAN, "--profile", "cluster", "run", CAPSTONE, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **kube.ENVIRONMENT,
                "CAPSTAN_IMAGE": kube.image().rpartition(":")[0],
                "PYTHONUNBUFFERED": "1",
                "COLUMNS": "400",
            },
            cwd=os.fspath(kube.ROOT),
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join(10)
        if self.process.stdout:
            self.process.stdout.close()

    def _read(self) -> None:
        """Keep what the command prints."""
        for line in self.process.stdout or ():
            self.lines.append(line.rstrip())

    def wait_for(self, step: str) -> None:
        """Return when a step has ended."""
        ended = re.compile(rf"\s+(done|cached)\s+{re.escape(step)}\b")
        end = time.monotonic() + SECONDS
        while not any(ended.match(line) for line in self.lines):
            assert self.process.poll() is None, "\n".join(["the run ended before:", *self.lines])
            assert time.monotonic() < end, f"{step} has not ended after {SECONDS} s"
            time.sleep(0.2)

    def result(self) -> tuple[bool, str]:
        """Wait for the end. Return whether the run succeeded, and what to write about it."""
        try:
            code = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return False, f"had not ended after {SECONDS} s"
        self.reader.join(10)
        seconds = time.monotonic() - self.began
        if code == 0:
            cached = sum(line.strip().startswith("cached ") for line in self.lines)
            again = sum(AGAIN in line for line in self.lines)
            started = f", started again {again} times" if again else ""
            return True, f"succeeded, {seconds:.0f} s, {cached} steps from the cache{started}"
        message = next((line for line in self.lines if line.startswith("Error: ")), "Error: it says nothing")
        return False, f"failed: {message.removeprefix('Error: ')}"
