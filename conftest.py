"""All tests, those of a capstone in `pipelines/NAME/tests` too, share their set-up."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

# As in the steps of a run, threads of OpenMP that wait sleep. By default they spin, and where processes share the
# cores, a small training that needs 6 s of processor time was seen to take 49.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Without a GPU, Triton's interpreter runs the kernels. It reads this when it is imported, by whichever test is first.
if not Path("/dev/nvidiactl").exists():
    os.environ.setdefault("TRITON_INTERPRET", "1")
# Not in tests/conftest.py, which pytest does not read for `pytest pipelines/NAME`.
PLUGINS = ("isolation", "groups", "selected", "screenshots")
pytest_plugins = [*(f"tests.support.{name}" for name in PLUGINS), "tests.fuzz.plugin"]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """One thread for the libraries of each worker: several workers with several threads wait for one another."""
    with threadpool_limits(1):
        yield
