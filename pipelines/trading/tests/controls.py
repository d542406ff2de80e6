"""What must not become champion: see tests/support/controls.py. Strategies that cheat are in `test_gate.py`."""

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP
from pipelines.trading import days, training
from pipelines.trading.model import TradingModel
from tests.support.controls import Parts, Tables

SETTINGS: dict[str, object] = {}


def other_returns(prices: pd.DataFrame) -> pd.DataFrame:
    """Give the returns to other days and other stocks: nothing can be learned about anything."""
    closes = days.by_day(prices).closes
    changes = closes.pct_change().iloc[1:]
    mixed = np.random.default_rng(0).permutation(changes.to_numpy().ravel()).reshape(changes.shape)
    grown = np.vstack([np.ones(changes.shape[1]), np.cumprod(1 + mixed, axis=0)]) * 100
    table = pd.DataFrame(grown.clip(0.01).round(2), closes.index, closes.columns).stack().rename("close").reset_index()
    return table.merge(prices[["ticker", "date", "volume"]], on=["ticker", "date"])[list(prices)]


def shuffled_returns(parts: Parts) -> Parts:
    """Shuffle the returns of both parts."""
    past, test = parts
    return past | {"prices": other_returns(past["prices"])}, test | {"prices": other_returns(test["prices"])}


def tiny_history(parts: Parts) -> Parts:
    """Leave a year to learn from."""
    days = np.sort(parts[0]["prices"]["date"].unique())[:260]
    kept = {"prices": parts[0]["prices"][parts[0]["prices"]["date"].isin(days)], "weeks": parts[0]["weeks"].head(2)}
    return kept, parts[1]


def wild_market(parts: Parts) -> Parts:
    """Let 2008 be the test: a strategy that loses half of the money is refused, whatever holding lost."""
    prices = parts[0]["prices"]
    crisis = prices[prices["date"].between("2006-06-01", "2009-06-30")]
    weeks = parts[0]["weeks"]
    return parts[0], {"prices": crisis, "weeks": weeks[weeks[EVENT_TIMESTAMP].between("2007-10-01", "2009-03-31")]}


CONTROLS = {
    "returns of other days and stocks": shuffled_returns,
    "a year of history": tiny_history,
    "the crisis of 2008": wild_market,
}


def baseline(past: Tables) -> TradingModel:
    """Return last year's winners, the simplest strategy that is said to earn more than holding all stocks."""
    return training.fit(past, "momentum")
