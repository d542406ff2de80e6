"""Prices of real stocks."""

import pandas as pd
import pytest

from data_sets import djia as data
from models.backtest.market import Market
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def market() -> Market:
    return Market(*data.by_day(data.load(data.find(DATA_DIR))))


@pytest.fixture(scope="session")
def closes(market) -> pd.DataFrame:
    return market.closes
