"""A small part of each capstone's real data: `pipelines/NAME/tests/small.py`, on which tests run the whole pipeline."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import httpx
import pytest

from capstan import catalogue
from capstan.settings import settings


class Small(Protocol):
    """What such a module defines. It may define more, as `tests/integration/test_capstones.py` reads it:

    `KNOWN_LATER`, the signals that are known only with the label; `LOOKED_AT`, when its live predictions are looked at,
    where their prediction times are not now; `ACTUALS`, labels of the answer to `ASKED`, in turn; `PICTURED`, what is
    entered for the picture of its page, where that is not the first example; `WATCHED_IN`, the test of its live
    predictions, where it has one of its own; `check(run, folder)`, what is true of its run alone; `CLUSTER`, the
    parameters of its run on a cluster; and `LONG_ON_CLUSTER`, whether `make e2e-capstones` alone runs it there, on the
    small data.
    """

    SETTINGS: dict[str, Any]  # parameters of the pipeline that make the run short
    ASKED: dict[str, Any]  # a request that is answered
    REFUSED: tuple[dict[str, Any], str]  # one that is refused, and the field that the answer names

    def write(self, folder: Path) -> None:
        """Write the data into a folder, as `CAPSTAN_DATA_DIR` wants it. Nothing where the data is small itself."""


def names() -> list[str]:
    """Return the names of the capstones that have such a module."""
    return [name for name in catalogue.names() if (catalogue.folder(name) / "tests" / "small.py").exists()]


def small(name: str) -> Small | None:
    """Return the module of a capstone, or None where it has none."""
    path = f"pipelines.{name}.tests.small"
    return import_module(path) if find_spec(path) else None


class SmallRun(NamedTuple):
    """A run, and the module that it is of."""

    name: str
    part: Small
    summary: dict[str, Any]

    def ask(self, *instances: dict[str, Any]) -> httpx.Response:
        return httpx.post(
            f"{settings().endpoint_url}/v1/models/{self.name}:predict", json={"instances": instances}, timeout=60
        )


def each(names: list[str]) -> list:
    """Return a parameter for each capstone, which belongs to its run."""
    return [pytest.param(name, marks=pytest.mark.capstone(name)) for name in names]
