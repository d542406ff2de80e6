"""What monitoring notices: changes that are planted alarm, a harmless one does not."""

import pytest

from pipelines.bidding import protocol, task, watching
from tests.support import watched


@pytest.fixture(scope="module")
def halves(parts) -> tuple:
    """The test auctions of one level of prices, dealt at random into a reference and what comes later."""
    rows = parts[1]["auctions"].iloc[20_000:].sample(frac=1, random_state=0)
    return tuple(rows.iloc[start::2].assign(number=range(len(rows.iloc[start::2]))) for start in (0, 1))


@pytest.fixture(scope="module")
def alarms(parts, served, halves):
    """Return a function: which (check, signal) alarm for these auctions."""
    history = parts[1]["history"]
    reference = task.signals(served, {"auctions": halves[0], "history": history})
    return lambda rows: watched.alarms(
        "bidding", reference, task.signals(served, {"auctions": rows, "history": history})
    )


def test_other_auctions_are_harmless(alarms, halves):
    assert alarms(halves[1]) == set()


def test_prices_that_rise_alarm(alarms, halves):
    """Somebody else bids for the same impressions: money is left, and the bids rise."""
    doubled = halves[1].assign(market_price=(2 * halves[1]["market_price"]).clip(upper=300))
    assert {("drift", "money_for_each"), ("drift", "price")} & alarms(doubled)


def test_click_model_that_says_twice_as_much_alarms(alarms, halves):
    assert ("drift", "ctr") in alarms(halves[1].assign(ctr=2 * halves[1]["ctr"]))


def test_first_fifth_of_the_log_is_another_market(served, parts, alarms):
    """Prices and CTR changed in the log itself: monitoring sees it."""
    assert ("drift", "ctr") in alarms(parts[0]["auctions"])


def test_signals_are_those_of_the_replay(served, parts):
    signals = task.signals(served, parts[1])
    assert len(signals) == -(-len(parts[1]["auctions"]) // watching.EVERY)
    money = protocol.budget(parts[1]["history"], watching.SHARE)
    assert signals["money_for_each"].iloc[0] == money / protocol.EPISODE and signals["price"].between(0, money).all()
