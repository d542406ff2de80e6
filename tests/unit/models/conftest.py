"""Rows with a known truth, a text, abstracts and claims."""

import pandas as pd
import pytest

from data_sets import plays as data
from models.retrieval.segment import Document
from tests.support import abstracts, flights
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """20,000 rows of a training set in order of time."""
    return flights.rows_with_known_truth()


@pytest.fixture(scope="session")
def plays() -> str:
    """Tiny Shakespeare."""
    return data.path(DATA_DIR).read_text()


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    """The first abstracts of SciFact."""
    return abstracts.documents()


@pytest.fixture(scope="session")
def claims() -> list[str]:
    """The claims of SciFact."""
    return abstracts.claims()
