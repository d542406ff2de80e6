"""Rules on prices whose answer is known, and what is from scratch compared with its reference."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from capstan.errors import CapstanError
from models.backtest.engine import Past
from models.strategies import pairs, policy_gradient, q_learning, timing
from models.strategies.buy_and_hold import BuyAndHold
from models.strategies.crossover import Crossover
from models.strategies.mean_reversion import MeanReversion
from models.strategies.momentum import Momentum
from models.strategies.schedule import begins
from models.strategies.timing import COST, Weeks, state
from pipelines.trading.ranker import Ridge, Trees, ranks
from pipelines.trading.variants import CHOSEN

DAYS = pd.bdate_range("2015-01-01", "2016-06-30").to_numpy().astype("datetime64[D]")


def past(closes, days=DAYS) -> Past:
    """Return closes, shape (t, n), as what is known after them."""
    closes = np.asarray(closes, float)
    return Past(tuple(map(str, range(closes.shape[1]))), days[: len(closes)], closes)


def steady(*growth, days=300):
    """Return prices that grow by so much a day each."""
    return 100 * np.cumprod(1 + np.tile(growth, (days, 1)), axis=0)


def test_momentum_buys_what_rose_and_mean_reversion_what_fell():
    known = past(steady(0.001, 0.003, -0.001, 0.002))
    assert Momentum(held=2).weights(known).tolist() == [0, 0.5, 0, 0.5]
    assert MeanReversion(held=1).weights(known).tolist() == [0, 0, 1, 0]


def test_momentum_leaves_out_the_last_month():
    closes = steady(0.001, 0.002)
    closes[-15:, 0] *= 10
    assert Momentum(held=1).weights(past(closes)).tolist() == [0, 1]
    assert Momentum(held=1, skip=0).weights(past(closes)).tolist() == [1, 0]


def test_crossover_holds_what_is_above_its_long_average_and_decides_when_that_changes():
    closes = steady(0.001, -0.001, days=250)
    closes = np.vstack([closes, closes[-1] * steady(-0.02, 0.02, days=50) / 100])
    decided = [day for day in range(len(closes)) if Crossover().decide(past(closes[: day + 1])) is not None]
    assert decided[0] == 199 and 1 < len(decided) < 5
    assert Crossover().weights(past(closes[:250])).tolist() == [0.5, 0]
    assert Crossover().weights(past(closes)).tolist() == [0, 0.5]


def test_buy_and_hold_decides_once():
    rule = BuyAndHold(str(DAYS[10]))
    assert [day for day in range(40) if rule.decide(past(steady(0.0, 0.0, days=day + 1))) is not None] == [10]


def test_periods_begin_on_their_first_trading_day():
    """Monday, 2015-01-19, is there; a Monday that is a holiday is not, and its week begins on Tuesday."""
    days = DAYS[np.datetime64("2015-01-19") != DAYS]
    weeks = [str(days[index]) for index in range(1, 40) if begins(past(np.ones((index + 1, 1)), days), "W")]
    months = [str(days[index]) for index in range(1, 60) if begins(past(np.ones((index + 1, 1)), days), "M")]
    assert "2015-01-20" in weeks and "2015-01-26" in weeks and months == ["2015-02-02", "2015-03-02"]


def test_cointegration_is_that_of_statsmodels(market):
    from statsmodels.tsa.stattools import coint

    logs = np.log(market.closes.to_numpy()[400:580])
    for left, right in [(0, 1), (3, 10), (5, 20), (14, 15), (30, 7)]:
        statistic, _, critical = coint(logs[:, left], logs[:, right], trend="c", maxlag=1, autolag=None)
        assert pairs.cointegration(logs, left, right).statistic == pytest.approx(statistic, rel=1e-9)
    limit, first, second = pairs.CRITICAL
    assert limit + first / len(logs) + second / len(logs) ** 2 == pytest.approx(critical[1], abs=2e-3)


def test_pair_that_drifts_apart_is_traded_until_it_is_back():
    assert [pairs.position(np.array(spread), 2.0) for spread in ([0, 1, 1.9], [0, 2.5, 1], [0, 2.5, -0.1], [-3])] == [
        0,
        1,
        0,
        -1,
    ]


def world(length=4_000):
    """Return weeks of a market whose probabilities are known, and the value of each action by value iteration."""
    random = np.random.default_rng(0)
    mean = np.array([-0.006, 0.003, -0.003, 0.006])
    chain = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
    market = [0]
    for _ in range(length - 1):
        market.append(int(random.choice(4, p=chain[market[-1]])))
    values = np.zeros((8, 2))
    for _ in range(400):
        best = values.max(axis=1)
        for now in range(4):
            for position in range(2):
                for action in range(2):
                    later = sum(chain[now, after] * best[state(after, action)] for after in range(4))
                    reward = action * mean[now] - COST * (action != position)
                    values[state(now, position), action] = reward + 0.9 * later
    return Weeks(np.array(market), mean[market] + random.normal(0, 0.002, length)), values


def test_q_learning_finds_the_values_of_value_iteration():
    weeks, exact = world()
    learned = q_learning.learn(weeks, rounds=30, discount=0.9)
    assert np.abs(learned - exact).max() < 0.15 * np.ptp(exact)
    assert (learned.argmax(axis=1) == exact.argmax(axis=1)).all()


def test_policy_gradient_finds_the_best_action_of_value_iteration():
    weeks, exact = world()
    chance = policy_gradient.learn(weeks, episodes=3_000, discount=0.9)
    assert ((chance > 0.5) == exact.argmax(axis=1)).all() and np.abs(chance - 0.5).min() > 0.1


def test_timing_follows_its_policy(market):
    closes = market.closes.to_numpy()[:700]
    days = market.closes.index.to_numpy().astype("datetime64[D]")[:700]
    known = Past(tuple(market.closes), days, closes)
    for invested, share in [((1,) * 8, 1.0), ((0,) * 8, 0.0)]:
        assert timing.Timing(invested).weights(known).sum() == pytest.approx(share)
    assert set(timing.looks(closes[:400])[timing.LONG :]) == {0, 1, 2, 3}
    assert (timing.looks(closes)[:300] == timing.looks(closes[:300])).all()


@pytest.mark.parametrize("rule", [Ridge(), Trees()], ids=["ridge", "trees"])
def test_ranker_learns_what_is_there_and_nothing_else(rule):
    """Where next month continues the last quarter, it ranks by that; where it is noise, it has no opinion."""
    from pipelines.trading.indicators import INDICATORS, NEXT

    random = np.random.default_rng(0)
    rows = {name: list(random.normal(size=(120, 31))) for name in INDICATORS}
    told = pd.DataFrame(rows | {NEXT: [row + random.normal(0, 0.5, 31) for row in rows["return_63"]]})
    inputs = ranks(random.normal(size=(len(INDICATORS), 500))).T
    right, wrong = inputs[:, INDICATORS.index("return_63")], inputs[:, INDICATORS.index("below_high")]
    scores = rule.learn(told).scores(inputs)
    assert np.corrcoef(scores, right)[0, 1] > 0.9 and abs(np.corrcoef(scores, wrong)[0, 1]) < 0.3
    noise = rule.learn(told.assign(**{NEXT: list(random.normal(size=(120, 31)))})).scores(inputs)
    assert noise.std() < 0.3 * scores.std()
    with pytest.raises(CapstanError, match="10 weeks are too few"):
        rule.learn(told.head(10))


def test_learning_twice_gives_the_same(market):
    some = market.until("2009-12-31")
    for name in ("trees ranker", "Q-learning"):
        first, second = (CHOSEN[name].fit(some) for _ in range(2))
        known = Past(tuple(market.closes), DAYS, market.closes.to_numpy()[: len(DAYS)])
        assert (first.weights(known) == second.weights(known)).all()
    assert replace(CHOSEN["Q-learning"], seed=3).fit(some).invested != ()
