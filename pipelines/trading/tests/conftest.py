"""The prices of all tickers, read once."""

import pandas as pd
import pytest

from pipelines.trading import data
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def market() -> data.Market:
    return data.market(data.load(data.find(DATA_DIR)))


@pytest.fixture(scope="session")
def closes(market) -> pd.DataFrame:
    return market.closes
