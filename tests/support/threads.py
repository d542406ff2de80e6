"""A thread that the tests of a file leave at work fails a test after the next file: it slows down all that follow."""

import threading
import time
from pathlib import Path

import psutil
import pytest

SHARE = 0.2  # of a core
LEAST = 1.0  # seconds of work, below which it is not noticed
last: Path | None = None  # the file of the test before
since = 0.0  # when its tests began
left: dict[int, tuple[float, Path]] = {}  # threads that were there then: their processor time, and who left them


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail the first test of a file if, during the file before it, a thread worked that one before had left."""
    global last, since, left
    if item.path == last:
        return
    spent = {thread.id: thread.user_time + thread.system_time for thread in psutil.Process().threads()}
    names = {thread.native_id: thread.name for thread in threading.enumerate() if thread != threading.main_thread()}
    least = max(LEAST, SHARE * (time.monotonic() - since))
    busy = [
        f"{names[number]}, which tests of {path} have left"
        for number, (before, path) in left.items()
        if number in names and spent.get(number, 0) - before > least
    ]
    left = {
        number: (spent[number], left[number][1] if number in left else last or item.path)
        for number in names
        if number in spent
    }
    last, since = item.path, time.monotonic()
    assert not busy, f"These threads are at work: {'; '.join(busy)}. End them there."
