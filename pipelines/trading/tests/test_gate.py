"""Strategies that the gate refuses: those that lose to holding, and those that cheat. Data are in `controls.py`."""

from dataclasses import dataclass

import numpy as np
import pytest

from components.gate import trials
from models.backtest import vectorized
from models.backtest.engine import Past
from models.backtest.market import Market
from models.strategies.schedule import Rule, Since
from pipelines.trading import report, task, training
from pipelines.trading.model import TradingModel
from pipelines.trading.variants import CHOSEN


@dataclass(frozen=True)
class Tomorrow(Rule):
    """Reads the next day, where the array that it got is part of a longer one, and buys what will rise most."""

    def weights(self, past: Past) -> np.ndarray:
        whole = past.closes if past.closes.base is None else past.closes.base
        whole = whole if whole.shape[1] == len(past.tickers) else whole.T
        month = whole[min(len(past.days) + 20, len(whole) - 1)]
        return np.eye(len(past.tickers))[np.argmax(month / past.closes[-1])]


@dataclass(frozen=True)
class Lots(Rule):
    """Draws weights each week."""

    period = "W"

    def weights(self, past: Past) -> np.ndarray:
        drawn = np.random.default_rng(len(past.days)).random(len(past.tickers)) ** 4
        return drawn / drawn.sum()


@dataclass(frozen=True)
class Cash(Rule):
    """Keeps 95 % in cash: little risk, and little of the market's return."""

    def weights(self, past: Past) -> np.ndarray:
        return np.full(len(past.tickers), 0.05 / len(past.tickers))


@dataclass(frozen=True)
class One(Rule):
    """Holds one stock, or none. place: of the stock."""

    place: int

    def weights(self, past: Past) -> np.ndarray:
        return np.arange(len(past.tickers)) == self.place


def refused(model, test) -> set[str]:
    """Return the metrics that the gate refuses a model for, where there is no champion."""
    return {line.split(" against ")[0] for line in trials.alone("trading", task.evaluate(model, test))}


@pytest.mark.parametrize(
    ("rule", "said"),
    [(Tomorrow(), "leak"), (Lots(), "risk"), (One(9), "risk"), (One(-9), "return"), (Cash(), "return")],
    ids=["tomorrow", "lots", "one stock", "nothing", "cash"],
)
def test_cheats_and_luck_are_refused(parts, rule, said):
    assert said in refused(TradingModel("a cheat", rule), parts[1])


@pytest.mark.parametrize("name", ["minimum variance", "crossover", "ridge ranker"])
def test_strategy_that_may_lose_to_holding_is_refused(parts, name):
    assert "return" in refused(training.fit(parts[0], name), parts[1])


def test_equal_weights_are_not_refused(parts, model):
    assert refused(model, parts[1]) == set()


@pytest.mark.parametrize(("first", "last"), [("2008", "2009"), ("2010", "2014"), ("2015", "2017")])
def test_value_at_risk_holds_in_each_period(market, first, last):
    """One day in twenty loses more, in a crisis too: neither more nor fewer."""
    closes = market.closes.loc[f"{int(first) - 2}" : last]
    some = Market(closes, market.volumes.loc[closes.index])
    plan = vectorized.plan(Since(CHOSEN["equal weights"], f"{first}-01-01"), some, f"{first}-01-01")
    error = abs(report.exceeded(plan, some) - 0.05)
    assert task.THRESHOLDS["coverage_error"].holds(error)
