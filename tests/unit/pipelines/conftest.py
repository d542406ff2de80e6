"""The real flights of 2013, read once."""

import sys

import pandas as pd
import pytest

from pipelines.flight_delay import data, task


@pytest.fixture(scope="session")
def raw() -> pd.DataFrame:
    """The flights as they come."""
    return data.read("flights")


@pytest.fixture(scope="session")
def zones() -> dict[str, str]:
    """The time zone of each airport."""
    return data.read("airports").set_index("faa")["tzone"].to_dict() | data.UNLISTED


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    """What the flagship loads."""
    return task.load(None)


@pytest.fixture
def home(home, monkeypatch):
    """A state folder whose feature views read from it: their modules take their paths from the settings at import."""
    for name in list(sys.modules):
        if name.startswith("feature_repo.") and name.count(".") == 1 and hasattr(sys.modules[name], "FileSource"):
            monkeypatch.delitem(sys.modules, name)
    yield home
    for name in list(sys.modules):
        if name.startswith("feature_repo.") and name.count(".") == 1 and hasattr(sys.modules[name], "FileSource"):
            del sys.modules[name]
