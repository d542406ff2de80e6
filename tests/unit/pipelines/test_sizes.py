"""An application can be read in an hour: few lines, few files, and a short README."""

import re

import pytest

from capstan import catalogue

MOST_LINES, MOST_FILES, MOST_WORDS = 1_300, 20, 900
NAMES = [pytest.param(name, marks=pytest.mark.capstone(name)) for name in catalogue.names()]


def small(name: str) -> bool:
    """Return whether an application is within the limits."""
    files = [path for path in catalogue.folder(name).rglob("*.py") if not {"tests", "studies"} & {*path.parts}]
    lines = sum(len(path.read_text().splitlines()) for path in files)
    return lines <= MOST_LINES and len(files) <= MOST_FILES and words(name) <= MOST_WORDS


def words(name: str) -> int:
    """Return the words of an application's README besides its tables and code."""
    text = (catalogue.folder(name) / "README.md").read_text()
    text = re.sub(r"<!--.*?-->|^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return len(" ".join(line for line in text.splitlines() if not line.startswith(("|", "    "))).split())


@pytest.mark.parametrize("name", NAMES)
def test_an_application_is_small(name):
    assert small(name)
