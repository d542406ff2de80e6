"""Two workers share the cluster: one has the flagship's tests, the other those that are marked `beside`.

What is marked `alone` changes the platform for everybody: it waits until the other worker has run its last test.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")  # the same in all workers; none without workers
held = (Path(tempfile.gettempdir()) / f"capstan-lanes-{RUN}").open("w") if RUN else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Hold the cluster next to others until the last test of this worker has ended, or wait for those who do."""
    if held and item.get_closest_marker("beside"):
        fcntl.flock(held, fcntl.LOCK_SH)
    elif held and item.get_closest_marker("alone"):
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        return (yield)
    finally:
        if held and nextitem is None:  # the process of a worker goes on until all workers have ended
            fcntl.flock(held, fcntl.LOCK_UN)
            Path(held.name).unlink(missing_ok=True)
