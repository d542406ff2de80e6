"""Bidders next to what they should be: the recursion by hand, the best action, formulas of the papers."""

import numpy as np
import pytest

from models.auctions import bidders, landscape, replay, values
from pipelines.bidding import protocol
from pipelines.bidding.studies.compare import study as compare

PRICES = np.array([0.0, 3, 5, 2, 0, 4])  # how often each price from 0 to 5 was seen
CTR = 0.1


def by_hand(auctions: int, money: int) -> np.ndarray:
    """Return V by trying every bid, which the recursion need not do: each is judged by what it wins and leaves."""
    chance = PRICES / PRICES.sum()
    value = np.zeros((auctions + 1, money + 1))
    for left in range(1, auctions + 1):
        for own in range(money + 1):
            tried = []
            for bid in range(min(own, len(PRICES) - 1) + 1):
                won = sum(chance[p] * (CTR + value[left - 1, own - p]) for p in range(bid + 1))
                tried.append(won + chance[bid + 1 :].sum() * value[left - 1, own])
            value[left, own] = max(tried)
    return value


def test_table_is_that_of_the_best_bid_by_hand():
    assert values.table(PRICES, CTR, 8, 20) == pytest.approx(by_hand(8, 20), abs=1e-6)


@pytest.mark.parametrize("ctr", [0.01, 0.05, 0.1, 0.3])
def test_bid_is_the_most_that_is_worth_paying(ctr):
    value = by_hand(8, 20)
    bidder = values.Values(value.astype(np.float32), len(PRICES) - 1)
    for left in range(1, 9):
        for money in range(21):
            later = value[left - 1]
            worth = [p for p in range(min(money, 5) + 1) if ctr + later[money - p] - later[money] >= -1e-6]
            assert bidder.bid(left, np.array([money]), np.array([ctr]))[0] == max(worth)


@pytest.fixture(scope="module")
def dynamic(parts):
    return compare.dynamic(parts[0])


def test_more_auctions_than_the_table_has_are_scaled(dynamic):
    few, many = (dynamic.bid(left, np.array([2.0 * left]), np.array([0.004]))[0] for left in (200, 200_000))
    assert abs(few - many) <= 1


def test_bid_grows_with_the_ctr_and_with_money_and_falls_with_auctions(dynamic):
    bid = dynamic.bid
    ctr = bid(500, np.full(50, 2_000.0), np.linspace(0.0005, 0.02, 50))
    money = bid(500, np.linspace(0, 60_000, 50), np.full(50, 0.004))
    assert (np.diff(ctr) >= 0).all() and ctr[0] < ctr[-1]
    assert (np.diff(money) >= 0).all() and money[0] == 0 and money[-1] == dynamic.highest
    left = [bid(count, np.array([2_000.0]), np.array([0.004]))[0] for count in (10, 100, 1_000, 10_000)]
    assert left == sorted(left, reverse=True) and left[0] > left[-1]


@pytest.mark.parametrize("kind", [1, 2])
def test_ortb_is_the_best_bid_for_its_win_rate(kind):
    """What is bid maximizes (CTR - lambda b) w(b), which is how the papers define it."""
    half, scale, grid = 30.0, 5e-5, np.linspace(0, 300, 300_001)
    win = grid**kind / (half**kind + grid**kind)
    bid = bidders.Ortb(kind, half, {0: scale}).campaign(0)
    for ctr in (0.001, 0.004, 0.01):
        best = grid[np.argmax((ctr - scale * grid) * win)]
        assert float(bid(1, np.zeros(1), np.array([ctr]))[0]) == pytest.approx(best, abs=0.01)


def test_paced_bid_spends_what_is_left_as_prices_were():
    counts = np.bincount(np.random.default_rng(0).integers(1, 100, 100_000), minlength=101).astype(float)
    level = float(bidders.Blind(counts).campaign(0)(100, np.array([1_000.0]), np.array([0.0]))[0])
    spend = (counts[: int(level)] * np.arange(int(level))).sum() / counts.sum()
    assert spend == pytest.approx(10, abs=0.5)


def test_what_is_tuned_wins_the_most_predicted_clicks(parts, served):
    past = parts[0]
    log, money = protocol.episodes(past["auctions"]), protocol.budget(past["history"], 16)
    linear = served.baselines["linear, tuned"]
    own = replay.replay(log, linear.campaign(money), money).expected.sum()
    for base in (10.0, 20.0, 60.0, 120.0):
        rival = bidders.Linear(linear.ctr, {money: base})
        assert replay.replay(log, rival.campaign(money), money).expected.sum() <= own


def test_censored_prices_give_the_landscape_that_all_of_them_have():
    random = np.random.default_rng(0)
    price, bid = random.geometric(0.03, 200_000).clip(0, 300), random.integers(1, 300, 200_000)
    truth = np.bincount(price, minlength=301) / len(price)
    estimate, naive = landscape.of_wins(bid, price, 300), landscape.of_won_alone(bid, price, 300)
    assert estimate.sum() == pytest.approx(1) and np.abs(np.cumsum(estimate) - np.cumsum(truth)).max() < 0.01
    assert np.abs(np.cumsum(naive) - np.cumsum(truth)).max() > 0.03
