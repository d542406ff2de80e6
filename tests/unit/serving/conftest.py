"""The catalogue finds the tests' capstones."""

from collections.abc import Iterator

import pytest

from tests.support import capstones_of_tests


@pytest.fixture(scope="package", autouse=True)
def capstones() -> Iterator[None]:
    """See the module."""
    with capstones_of_tests.in_catalogue():
        yield
