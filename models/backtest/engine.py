"""The event-driven backtest: one day after another, each decision from what was known at its close.

A day's close and volume are an event. The engine first fills the open orders at that close, then asks the strategy,
whose new orders replace those that are still open. It keeps its own history of the events it got, so a strategy cannot
read a later day: that day is nowhere in memory that it can reach.
Reference: bt.Backtest, equity to the cent without costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from models.backtest.market import CENTS, Market
from models.backtest.orders import Account, Costs, Fill, Limits, Order, fill_day, order
from models.backtest.sizing import trades

if TYPE_CHECKING:
    import pandas as pd


class Day(NamedTuple):
    """What a day brought. day: ISO date. closes: dollars, volumes: shares, both by ticker in order, shape (n,)."""

    day: str
    closes: np.ndarray
    volumes: np.ndarray


class Past(NamedTuple):
    """What is known at a close. days: dates, shape (t,). closes: dollars, shape (t, n). The last row is today."""

    tickers: tuple[str, ...]
    days: np.ndarray
    closes: np.ndarray


class Strategy(Protocol):
    """A rule that says what share of an account each stock should be."""

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights, shape (n,), of which the positive ones sum to 1 at most, or None to leave things alone."""


class Backtest(NamedTuple):
    """What an account went through. days, equity in cents at each close: shape (t,). fills: in their order."""

    days: np.ndarray
    equity: np.ndarray
    fills: list[Fill]

    def returns(self) -> np.ndarray:
        """Return the simple returns of each day after the first, shape (t - 1,)."""
        return np.asarray(self.equity[1:] / self.equity[:-1] - 1)


class History:
    """Events so far, in arrays that grow. What lies behind the last event is not written yet."""

    def __init__(self, tickers: Iterable[str]):
        self.tickers = tuple(tickers)
        self.length = 0
        self.days = np.empty(0, "datetime64[D]")
        self.closes = np.empty((0, len(self.tickers)))

    def add(self, event: Day) -> Past:
        """Keep an event, and return what is known after it."""
        if self.length == len(self.days):
            more = max(64, self.length)
            self.days = np.concatenate([self.days, np.full(more, "NaT", "datetime64[D]")])
            self.closes = np.concatenate([self.closes, np.full((more, len(self.tickers)), np.nan)])
        self.days[self.length], self.closes[self.length] = np.datetime64(event.day, "D"), event.closes
        self.length += 1
        return Past(self.tickers, self.days[: self.length], self.closes[: self.length])


class Engine:
    """An account that follows a strategy."""

    def __init__(
        self,
        strategy: Strategy,
        tickers: Iterable[str],
        cash: int = 100_000_000,
        costs: Costs = Costs(),
        limits: Limits = Limits(),
        name: str = "backtest",
    ):
        """cash: cents."""
        self.strategy, self.costs, self.limits, self.name = strategy, costs, limits, name
        self.history = History(tickers)
        self.account, self.open = Account(cash), dict[str, Order]()

    def on(self, event: Day, decide: bool = True) -> tuple[list[Fill], int]:
        """Take an event. Return what it filled, and the equity at its close, cents. decide: whether to make orders."""
        tickers = self.history.tickers
        prices = dict(zip(tickers, cents(event.closes).tolist(), strict=True))
        volumes = dict(zip(tickers, event.volumes.astype(int).tolist(), strict=True))
        fills, self.open = fill_day(self.open, event.day, prices, volumes, self.account, self.costs, self.limits)
        for fill in fills:
            self.account.book(fill)
        past = self.history.add(event)
        weights = self.strategy.decide(past) if decide else None
        if weights is not None:
            changes = trades(weights, tickers, self.account, prices, self.limits)
            self.open = {ticker: order(self.name, event.day, ticker, count) for ticker, count in changes.items()}
        return fills, self.account.equity(prices)


def run(engine: Engine, events: Iterable[Day], since: str = "") -> Backtest:
    """Return what an account went through. since: before this date there are no decisions, only history."""
    days, equity, fills = [], [], []
    for event in events:
        filled, worth = engine.on(event, decide=event.day >= since)
        if event.day >= since:
            days.append(event.day)
            equity.append(worth)
            fills += filled
    return Backtest(np.array(days, "datetime64[D]"), np.array(equity), fills)


def events(market: Market) -> Iterator[Day]:
    """Yield the days of a market."""
    closes, volumes = market.closes.to_numpy(), market.volumes.to_numpy()
    for day, close, volume in zip(market.closes.index, closes, volumes, strict=True):
        yield Day(f"{day:%Y-%m-%d}", close, volume)


def cents(closes: np.ndarray | pd.DataFrame) -> np.ndarray:
    """Return dollars in whole cents."""
    whole: np.ndarray = np.rint(np.asarray(closes) * CENTS).astype(np.int64)
    return whole
