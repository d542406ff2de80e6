"""All tests, those of a capstone in `pipelines/NAME/tests` too, share their set-up."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits

# Not in tests/conftest.py, which pytest does not read for `pytest pipelines/NAME`.
pytest_plugins = [f"tests.support.{name}" for name in ("isolation", "groups", "selected", "budgets", "fuzzing")]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """One thread for the libraries of each worker: several workers with several threads wait for one another."""
    with threadpool_limits(1):
        yield
