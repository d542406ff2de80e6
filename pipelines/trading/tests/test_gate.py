"""Strategies that the gate refuses: those that lose to holding, and those that cheat. Data are in `controls.py`."""

from dataclasses import dataclass

import numpy as np
import pytest

from capstan.contract.bounds import Bound
from components.gate import comparison
from models.backtest.engine import Past
from models.strategies.schedule import Rule
from pipelines.trading import task, training
from pipelines.trading.model import TradingModel


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
class One(Rule):
    """Holds one stock, or none. place: of the stock."""

    place: int

    def weights(self, past: Past) -> np.ndarray:
        return np.arange(len(past.tickers)) == self.place


def refused(model, test) -> list[str]:
    """Return the metrics that the gate refuses a model for, where there is no champion."""
    lines = comparison.with_thresholds(task.THRESHOLDS, task.evaluate(model, test).metrics)
    return [str(line["metric"]) for line in lines if line["result"] == comparison.FAIL]


@pytest.mark.parametrize(
    ("rule", "said"),
    [(Tomorrow(), "leak"), (Lots(), "sharpe_lost"), (One(9), "sharpe_lost"), (One(-9), "deflated_sharpe")],
    ids=["tomorrow", "lots", "one stock", "nothing"],
)
def test_cheats_and_luck_are_refused(parts, rule, said):
    assert said in refused(TradingModel("a cheat", rule, 1.2), parts[1])


@pytest.mark.parametrize("name", ["minimum variance", "crossover", "ridge ranker"])
def test_strategy_that_may_lose_to_holding_is_refused(parts, name):
    assert "sharpe_lost" in refused(training.fit(parts[0], name), parts[1])


def test_equal_weights_are_not_refused(parts, model):
    assert refused(model, parts[1]) == []


def test_champion_is_replaced_by_what_is_above_it_alone():
    """The first metric decides, where there are no units; an equal one is not above."""
    [first, *_] = task.THRESHOLDS
    bound: Bound = task.THRESHOLDS[first]
    assert first == "deflated_sharpe" and not bound.holds_against(0.75, 0.75) and not bound.holds_against(0.79, 0.75)
    assert bound.holds_against(0.81, 0.75)
