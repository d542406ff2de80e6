"""The prices of all tickers, read once, and the tables of a run on the years from 2012 on."""

import pandas as pd
import pytest

from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET
from data_sets import djia as data
from models.backtest.market import Market
from pipelines.trading import days, task
from pipelines.trading.model import TradingModel
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def prices() -> pd.DataFrame:
    return data.load(data.find(DATA_DIR))


@pytest.fixture(scope="session")
def market(prices) -> Market:
    return days.by_day(prices)


@pytest.fixture(scope="session")
def closes(market) -> pd.DataFrame:
    return market.closes


@pytest.fixture(scope="session")
def parts(prices):
    """The tables to train and to test on: each week has the features that were known at its close."""
    late = prices[prices["date"] >= "2012-01-01"].reset_index(drop=True)
    tables = {"prices": late}
    rows, known = task.entity_rows(tables), task.feature_tables(tables)["known_prices"]
    return task.split(tables | {TRAINING_SET: rows.merge(known, on=[days.MARKET, EVENT_TIMESTAMP])})


@pytest.fixture(scope="session")
def model(parts) -> TradingModel:
    return task.train(parts[0])
