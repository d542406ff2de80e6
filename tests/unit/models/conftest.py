"""Rows with a known truth, and a text."""

import pandas as pd
import pytest

from data_sets import plays as data
from tests.support import flights
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """20,000 rows of a training set in order of time."""
    return flights.rows_with_known_truth()


@pytest.fixture(scope="session")
def plays() -> str:
    """Tiny Shakespeare."""
    return data.path(DATA_DIR).read_text()
