"""Stopping a run on this machine, from another process than its own."""

import fcntl
import os
import signal
from contextlib import suppress

from capstan.errors import CapstanError
from capstan.services.waiting import wait_while
from capstan.settings import settings

SECONDS = 60  # for the step that runs to end


def message(capstone: str) -> str:
    """Return the message for a second run of a capstone that is being run."""
    return f"{capstone} is being run by another process. Wait for it, or stop it with `capstan stop {capstone}`."


def stop(capstone: str) -> list[str]:
    """Interrupt the process that runs a capstone's pipeline, as Ctrl-C does. Return which, in words.

    Raises CapstanError when it does not end.
    """
    pid = _running(capstone)
    if pid is None:
        return []
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if wait_while(lambda: _running(capstone) == pid, SECONDS, pause=0.1):
        raise CapstanError(f"The process {pid} has not ended after {SECONDS} s. End it with `kill -9 {pid}`.")
    return [f"the run of process {pid}"]


def _running(capstone: str) -> int | None:
    """Return the process that holds the lock of a capstone's run, or None."""
    path = settings().home / "run" / f"{capstone}.lock"
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = file.read()
                return int(text) if text else None  # a run that has only just begun, or no run: `capstan clean`
    except FileNotFoundError:
        pass
    return None
