"""Rows with a known truth."""

import os

import pandas as pd
import pytest

from tests.support import flights

# As in a run: on a machine with other work, threads that spin for each other take many times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """20,000 rows of a training set in order of time."""
    return flights.rows_with_known_truth()
