"""The vectorized backtest: all decisions first, then all tickers and all variants of a day at once.

It is equal to the event-driven one to the cent, and some hundred times as fast where there are many variants. Since it
gets decisions that were made with all days at hand, nothing stops them from knowing the future: `leak` finds out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.backtest.engine import Past, Strategy, cents
from models.backtest.market import Market
from models.backtest.orders import PARTS, Costs, Limits
from models.backtest.sizing import parts


class Traded(NamedTuple):
    """What accounts went through. equity: cents, shape (v, t). shares: what each day traded, shape (v, t, n)."""

    equity: np.ndarray
    shares: np.ndarray
    cost: np.ndarray  # cents of each day, shape (v, t)


def run(
    plans: np.ndarray,
    market: Market,
    cash: int = 100_000_000,
    costs: Costs = Costs(),
    limits: Limits = Limits(),
) -> Traded:
    """Return what accounts went through that followed plans.

    plans: the weights that are decided at each close, shape (variants, days, tickers); NaN where nothing is decided.
    """
    prices, volumes = cents(market.closes), market.volumes.to_numpy()
    count, days, width = plans.shape
    money, held, waiting = np.full(count, cash), np.zeros((count, width), int), np.zeros((count, width), int)
    equity, traded, paid = np.zeros((count, days), int), np.zeros(plans.shape, int), np.zeros((count, days), int)
    decided = ~np.isnan(plans).any(axis=2)
    wanted = np.zeros(plans.shape, int)
    wanted[decided] = parts(plans[decided], limits)
    for day in range(days):
        price = prices[day]
        if waiting.any():
            filled, waiting = fills(waiting, price, volumes[day], money, held, costs, limits)
            paid[:, day] = cost(filled, price, costs).sum(axis=1)
            money, held = money - filled @ price - paid[:, day], held + filled
            traded[:, day] = filled
        equity[:, day] = worth = money + held @ price
        if (now := decided[:, day]).any():
            part = wanted[now, day]
            target = np.sign(part) * (np.abs(part) * np.maximum(worth[now], 0)[:, None] // (PARTS * price))
            waiting[now] = target - held[now]
    return Traded(equity, traded, paid)


def fills(
    waiting: np.ndarray,
    price: np.ndarray,
    volume: np.ndarray,
    money: np.ndarray,
    held: np.ndarray,
    costs: Costs,
    limits: Limits,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares that a day trades, and those that wait for another, shape (v, n): see `orders.fill_day`."""
    room = volume * limits.share // 100
    asked = np.clip(waiting, -room, room)
    sales, buys = np.minimum(asked, 0), np.maximum(asked, 0)
    money = money - sales @ price - cost(sales, price, costs).sum(axis=1)
    after = held + sales
    covers = np.minimum(buys, np.maximum(-after, 0))
    money = money - np.maximum(-after - covers, 0) @ price - covers @ price - costs.least * (buys > 0).sum(axis=1)
    most = -(-buys * (price * costs.slippage + costs.commission * 100) // 10_000) + 2
    needed = (buys - covers) @ price + (most * (buys > 0)).sum(axis=1)
    kept = np.clip(money * PARTS // np.maximum(needed, 1), 0, PARTS)
    return sales + covers + (buys - covers) * kept[:, None] // PARTS, waiting - asked


def cost(shares: np.ndarray, price: np.ndarray, costs: Costs) -> np.ndarray:
    """Return the cents that trading shares costs, shape (v, n): see `Costs.of`."""
    count = np.abs(shares)
    commission = np.maximum(costs.least, -(-count * costs.commission // 100)) * (count > 0)
    return np.asarray(commission + -(-count * price * costs.slippage // 10_000))


def plan(strategy: Strategy, market: Market, since: str = "") -> np.ndarray:
    """Return the weights of a strategy at each close, shape (days, tickers); NaN where it decides nothing.

    It gets the whole arrays, cut at each day. since: before this date there are no decisions.
    """
    days = market.closes.index.to_numpy().astype("datetime64[D]")
    closes, tickers = market.closes.to_numpy(), tuple(market.closes)
    table = np.full(closes.shape, np.nan)
    first = int(np.searchsorted(days, np.datetime64(since, "D"))) if since else 0
    for day in range(first, len(days)):
        weights = strategy.decide(Past(tickers, days[: day + 1], closes[: day + 1]))
        if weights is not None:
            table[day] = weights
    return table


def leak(strategy: Strategy, market: Market, planned: np.ndarray, checked: int = 24) -> float:
    """Return the largest change of a weight when the days after a decision are cut off: 0, unless it read one of them.

    planned: what `plan` made of the whole market. checked: how many decisions, evenly spread.
    """
    decided = np.flatnonzero(~np.isnan(planned).any(axis=1))
    worst = 0.0
    for day in decided[np.linspace(0, len(decided) - 1, min(checked, len(decided))).astype(int)]:
        cut = Market(market.closes.iloc[: day + 1].copy(), market.volumes.iloc[: day + 1].copy())
        again = plan(strategy, cut, f"{cut.closes.index[-1]:%Y-%m-%d}")[-1]
        change = np.abs(again - planned[day]).max()
        worst = max(worst, float(change) if np.isfinite(change) else 1.0)
    return worst
