"""What monitoring notices: a crash alarms, prices in another currency do not."""

import pytest

from capstan.contract.capstone import EVENT_TIMESTAMP
from pipelines.trading import days, task, watching
from tests.support import watched


@pytest.fixture(scope="module")
def reference(model, parts):
    return task.signals(model, parts[1])


def test_half_of_the_weeks_in_another_order_is_harmless(reference):
    assert watched.alarms("trading", reference, reference.iloc[::2].sample(frac=1, random_state=0)) == set()


def test_prices_in_another_currency_are_harmless(model, parts, reference):
    test = parts[1]
    prices = test["prices"].assign(close=2 * test["prices"]["close"])
    weeks = test["weeks"].assign(closes=[2 * row for row in test["weeks"]["closes"]])
    signals = watching.of_weeks(model, {"prices": prices, "weeks": weeks})
    assert watched.alarms("trading", reference, signals) == set()
    assert (signals["volatility"] - reference["volatility"]).abs().max() < 0.02


@pytest.mark.parametrize(
    ("wrong", "alarm"),
    [
        ({"market_week": 0.0, "realized_volatility": 0.0}, ("drift", "realized_volatility")),  # frozen prices
        ({"volatility": 2.0}, ("performance", "error of volatility")),
    ],
)
def test_frozen_prices_and_a_wrong_volatility_alarm(reference, wrong, alarm):
    """wrong: by what a signal is multiplied."""
    live = reference.tail(60).assign(**{name: reference[name] * times for name, times in wrong.items()})
    assert alarm in watched.alarms("trading", reference, live)


def test_crash_alarms(model, prices, reference):
    """The autumn of 2008, as it was."""
    crash = prices[prices["date"] <= "2008-12-31"]
    weeks = days.ahead(crash).merge(days.rows(crash), on=[days.MARKET, EVENT_TIMESTAMP])
    autumn = watching.of_weeks(model, {"prices": crash, "weeks": weeks[weeks[EVENT_TIMESTAMP] >= "2008-09-01"]})
    assert ("drift", "market_week") in watched.alarms("trading", reference, autumn)
