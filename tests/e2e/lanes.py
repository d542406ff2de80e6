"""Two workers share the cluster: one has the flagship's tests, the other those that are marked `beside`.

What is marked `alone` changes the platform for everybody: it waits until the other worker has ended.
"""

import fcntl
import os
from collections.abc import Iterator

import pytest

from tests.support.processes import ROOT

held = (ROOT / "tests" / "e2e" / "lanes.py").open()  # the file that is locked; a process that ends lets go of it


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Hold the cluster beside others from the first such test to the end of the process, or wait for those who do."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        if item.get_closest_marker("beside"):
            fcntl.flock(held, fcntl.LOCK_SH)
        elif item.get_closest_marker("alone"):
            fcntl.flock(held, fcntl.LOCK_EX)
    return (yield)
