"""The real flights of 2013, read once."""

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
