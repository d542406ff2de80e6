"""The same shares and the same equity as bt (https://github.com/pmorissette/bt, MIT) on two strategies."""

import numpy as np
import pandas as pd
import pytest

from models.backtest import engine, vectorized
from models.backtest.engine import Engine
from models.backtest.market import Market
from models.backtest.orders import NO_COSTS, Costs, Limits
from models.strategies.buy_and_hold import BuyAndHold
from models.strategies.crossover import Crossover

CASH = 1_000_000  # dollars
PART = 0.032  # of a stock: 31 of them leave cash for the commission
COMMISSION = 0.005  # dollars a share


class Planned:
    """Decides what was decided before. bt fills at the close of the decision, so each close is there twice."""

    def __init__(self, plan):
        self.plan = plan

    def decide(self, past):
        day, second = divmod(len(past.days) - 1, 2)
        return None if second or np.isnan(self.plan[day]).any() else self.plan[day]


def ours(plan, market, costs):
    """Return equity in dollars, and the shares held, at each close."""
    twice = market.closes.index.repeat(2)
    index = pd.date_range("2000-01-01", periods=len(twice))
    closes, volumes = (table.loc[twice].set_axis(index) for table in market)
    account = Engine(Planned(plan), market.closes, CASH * 100, costs, Limits(share=100))
    equity, held = [], []
    for event in engine.events(Market(closes, volumes + 10**9)):
        equity.append(account.on(event)[1] / 100)
        held.append([account.account.shares.get(name, 0) for name in market.closes])
    return np.array(equity[1::2]), np.array(held[1::2])


def theirs(plan, market, commission):
    """Return the same of bt."""
    import bt

    weights = pd.DataFrame(plan, market.closes.index, market.closes.columns).dropna()
    steps = [bt.algos.RunOnDate(*weights.index), bt.algos.WeighTarget(weights), bt.algos.Rebalance()]
    test = bt.Backtest(
        bt.Strategy("s", steps), market.closes, initial_capital=CASH, commissions=commission, progress_bar=False
    )
    bt.run(test)
    index = market.closes.index
    return test.strategy.values.reindex(index).to_numpy(), test.positions.reindex(index)[list(market.closes)].to_numpy()


@pytest.fixture(scope="module")
def plans(market):
    some = market.until("2007-06-30")
    rules = {"buy and hold": BuyAndHold("2006-01-03"), "crossover": Crossover()}
    return some, {name: vectorized.plan(rule, some) * len(some.closes.columns) * PART for name, rule in rules.items()}


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")  # of bt, ffn and pandas
@pytest.mark.parametrize("name", ["buy and hold", "crossover"])
def test_shares_and_equity_are_those_of_bt(plans, name):
    """Without costs to the cent. bt takes the commission out of a purchase, which is a share or two less of it."""
    market, plan = plans[0], plans[1][name]
    for costs, commission, shares, dollars in [
        (NO_COSTS, None, 0, 0.005),
        (Costs(int(COMMISSION * 10_000), 0, 0), lambda count, price: COMMISSION * abs(count), 2, 1e-4 * CASH),
    ]:
        own, expected = ours(plan, market, costs), theirs(plan, market, commission)
        assert np.abs(own[1] - np.nan_to_num(expected[1])).max() <= shares
        assert np.abs(own[0] - expected[0]).max() < dollars and own[1].any()
    assert own[0][-1] < ours(plan, market, NO_COSTS)[0][-1]  # a commission costs something
