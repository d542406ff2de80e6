"""Two backtests that are equal to the cent, and strategies that read the future."""

import numpy as np
import pandas as pd
import pytest

from models.backtest import engine, vectorized
from models.backtest.engine import Engine, Past
from models.backtest.market import Market
from models.backtest.orders import NO_COSTS, Costs, Limits
from models.backtest.sizing import parts
from models.strategies import walk_forward
from models.strategies.schedule import Since
from pipelines.trading.variants import CHOSEN

DAYS = 200


class Random:
    """Weights that follow from the seed and the number of days alone. short: of both signs. every: days, about."""

    def __init__(self, seed: int, short: bool, every: int):
        self.seed, self.short, self.every = seed, short, every

    def decide(self, past: Past) -> np.ndarray | None:
        random = np.random.default_rng([self.seed, len(past.days)])
        if random.random() > 1 / self.every:
            return None
        weights = random.normal(size=len(past.tickers)) if self.short else random.random(len(past.tickers))
        return weights / np.abs(weights).sum() * random.uniform(0.3, 1)


def both(strategy, market, **settings):
    """Return equity by day, and shares by day and ticker, of both backtests."""
    stepped = engine.run(Engine(strategy, market.closes, **settings), engine.events(market))
    batch = vectorized.run(vectorized.plan(strategy, market)[None], market, **settings)
    places = {f"{day:%Y-%m-%d}": place for place, day in enumerate(market.closes.index)}
    traded = np.zeros(market.closes.shape, int)
    for fill in stepped.fills:
        traded[places[fill.day], list(market.closes).index(fill.ticker)] += fill.shares
    return stepped, traded, batch


@pytest.fixture(scope="module")
def days(market):
    """Days with holes, and with the fall of 2008."""
    return Market(*(frame.iloc[600 : 600 + DAYS].copy() for frame in market))


@pytest.mark.parametrize("cash", [10**6, 10**8, 5 * 10**11], ids=["ten thousand", "a million", "five billions"])
@pytest.mark.parametrize(("seed", "short", "every"), [(0, False, 1), (1, True, 3), (2, False, 20), (3, True, 20)])
def test_backtests_are_equal_to_the_cent(days, cash, seed, short, every):
    costs = (Costs(), NO_COSTS, Costs(commission=99, least=7, slippage=13))[seed % 3]
    stepped, traded, batch = both(Random(seed, short, every), days, cash=cash, costs=costs)
    assert (stepped.equity == batch.equity[0]).all() and (traded == batch.shares[0]).all()
    assert len(stepped.fills) > 60 and stepped.equity[-1] != cash


@pytest.mark.parametrize("name", ["momentum", "mean reversion", "crossover", "pairs", "risk parity"])
def test_backtests_are_equal_on_strategies(market, name):
    some = Market(market.closes.iloc[200:620], market.volumes.iloc[200:620])
    start = f"{some.closes.index[300]:%Y-%m-%d}"
    stepped, traded, batch = both(Since(CHOSEN[name].fit(some.until(start)), start), some)
    assert (stepped.equity == batch.equity[0]).all() and (traded == batch.shares[0]).all() and traded.any()


def test_variants_together_are_what_they_are_alone(days):
    plans = np.stack([vectorized.plan(Random(seed, True, 5), days) for seed in range(4)])
    together = vectorized.run(plans, days)
    for plan, equity in zip(plans, together.equity, strict=True):
        assert (vectorized.run(plan[None], days).equity[0] == equity).all()


def test_cash_is_never_borrowed_and_volume_never_exceeded(days):
    account = Engine(Random(1, True, 2), days.closes, cash=10**11)
    for event in engine.events(days):
        fills, _ = account.on(event)
        room = dict(zip(days.closes, event.volumes * account.limits.share // 100, strict=True))
        assert all(abs(fill.shares) <= room[fill.ticker] for fill in fills)
        prices = dict(zip(days.closes, engine.cents(event.closes), strict=True))
        if any(fill.shares > 0 and account.account.shares.get(fill.ticker, 0) > 0 for fill in fills):
            short = sum(-count * prices[name] for name, count in account.account.shares.items() if count < 0)
            assert account.account.cash >= min(short, account.account.cash)
    assert account.open  # an order of this size is still split over days


class Tomorrow:
    """Reads the next day where the array that it got is part of a longer one, and buys what will rise most."""

    def decide(self, past: Past) -> np.ndarray:
        whole = past.closes if past.closes.base is None else past.closes.base
        whole = whole if whole.shape[1] == len(past.tickers) else whole.T  # as pandas keeps it
        after = whole[min(len(past.days), len(whole) - 1)]
        if np.isnan(after).any():
            after = past.closes[-1]
        return np.eye(len(past.tickers))[np.argmax(after / past.closes[-1])]


def test_strategy_that_reads_tomorrow_is_reported_by_one_and_finds_nothing_in_the_other(days):
    plan = vectorized.plan(Tomorrow(), days)
    assert vectorized.leak(Tomorrow(), days, plan) > 0.5
    told = engine.run(Engine(Tomorrow(), days.closes, costs=NO_COSTS), engine.events(days))
    assert {fill.ticker for fill in told.fills} == {next(iter(days.closes))}  # all rose by nothing: the first of all


def test_honest_strategies_do_not_leak(market):
    some = market.until("2010-12-31")
    for name in ("momentum", "crossover", "pairs", "minimum variance"):
        rule = Since(CHOSEN[name], "2009-01-02")
        assert vectorized.leak(rule, some, vectorized.plan(rule, some, "2009-01-02"), checked=6) == 0


@pytest.mark.parametrize("name", ["ridge ranker", "policy gradient"])
def test_later_prices_do_not_change_what_was_learned_before(market, name):
    """Walk forward: prices of 2010 that are another do not touch a decision of 2009."""
    some = market.until("2010-06-30")
    changed = Market(some.closes.copy(), some.volumes)
    changed.closes.loc["2010":] *= np.linspace(1, 3, len(some.closes.columns))
    plans = [walk_forward.plan(CHOSEN[name], each, "2009-01-02") for each in (some, changed)]
    first = int(some.closes.index.searchsorted(pd.Timestamp("2010-01-01")))
    assert np.array_equal(plans[0][:first], plans[1][:first], equal_nan=True)
    assert not np.isnan(plans[0][:first]).all()


@pytest.mark.parametrize(
    ("weights", "said"),
    [([np.nan, 0.5], "not a number"), ([0.8, 0.4], "cannot borrow"), ([np.inf, -1], "not a number")],
)
def test_weights_that_cannot_be_are_refused(weights, said):
    with pytest.raises(ValueError, match=said):
        parts(np.array(weights), Limits())


def test_short_weights_are_cut_to_the_limit():
    assert parts(np.array([0.5, -0.6, -0.4]), Limits(short=50)).tolist() == [500_000, -300_000, -200_000]
