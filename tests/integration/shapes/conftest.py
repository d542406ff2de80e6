"""One stack with the capstones of the tests, each run once, for the protocols and for the page."""

import json
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.integration.place import Place, place_of_examples


@pytest.fixture(scope="package")
def place(tmp_path_factory) -> Iterator[Place]:
    """A running stack whose capstones are those of the tests."""
    with place_of_examples(tmp_path_factory.mktemp("shapes") / "home") as place:
        yield place


@pytest.fixture(scope="package")
def run(place) -> Callable[[str], dict]:
    """Run a capstone by name, once; return its summary."""

    @cache
    def run(name: str) -> dict:
        done = place("run", name, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
