"""An order, what it costs, and how a day fills it. Money is in whole cents, so that two ways to count can be equal.

An order is decided on the close of one day and filled at the close of the next, as a market-on-close order is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

PARTS = 10**6  # of which a cut keeps some


class Order(NamedTuple):
    """Shares to buy (positive) or to sell (negative), decided on the close of `day`, an ISO date."""

    id: str
    day: str
    ticker: str
    shares: int


def order(account: str, day: str, ticker: str, shares: int) -> Order:
    """Return an order. The same account, day and ticker have the same id, so a repeated order is seen as one."""
    return Order(f"{account}:{day}:{ticker}", day, ticker, shares)


class Fill(NamedTuple):
    """Shares of an order that a day traded, at its close. price: cents a share. cost: cents, of both kinds."""

    id: str
    day: str
    ticker: str
    shares: int
    price: int
    cost: int

    @property
    def cash(self) -> int:
        """Return what the account gets, cents; negative for a purchase."""
        return -self.shares * self.price - self.cost


@dataclass(frozen=True)
class Costs:
    """What trading costs. The defaults are those of a retail broker and half of a usual spread of large stocks."""

    commission: int = 50  # hundredths of a cent a share
    least: int = 100  # cents an order and day
    slippage: int = 2  # basis points of the value, lost to the spread and to moving the price

    def of(self, shares: int, price: int) -> int:
        """Return the cents that trading so many shares costs, each part rounded up. price: cents."""
        if not shares:
            return 0
        count = abs(shares)
        return max(self.least, up(count * self.commission, 100)) + up(count * price * self.slippage, 10_000)

    def most(self, shares: int, price: int) -> int:
        """Return cents that `of` never exceeds, however few of the shares are traded, but for the least commission."""
        return up(abs(shares) * (price * self.slippage + self.commission * 100), 10_000) + 2


NO_COSTS = Costs(0, 0, 0)


@dataclass(frozen=True)
class Limits:
    """What an account may do. share: percent of a day's volume that it may be. short: percent of the equity."""

    share: int = 1
    short: int = 50


@dataclass
class Account:
    """Cash in cents, and whole shares by ticker; a negative number is sold short."""

    cash: int
    shares: dict[str, int] = field(default_factory=dict)

    def equity(self, prices: Mapping[str, int]) -> int:
        """Return cash and shares at prices in cents."""
        return self.cash + sum(count * prices[ticker] for ticker, count in self.shares.items())

    def book(self, fill: Fill) -> None:
        """Take the shares and the cash of a fill."""
        self.cash += fill.cash
        held = self.shares.get(fill.ticker, 0) + fill.shares
        self.shares[fill.ticker] = held
        if not held:
            del self.shares[fill.ticker]


def fill_day(
    open_orders: Mapping[str, Order],
    day: str,
    prices: Mapping[str, int],
    volumes: Mapping[str, int],
    account: Account,
    costs: Costs,
    limits: Limits,
) -> tuple[list[Fill], dict[str, Order]]:
    """Return what a day fills of the open orders, and what is left of them for later days. Both are by ticker.

    open_orders: one per ticker. prices: closes in cents. volumes: shares that the day traded. Sales come first, then
    purchases that end a short position. The other purchases get what cash is left after the collateral of the short
    ones, all cut by the same factor; what is cut is cancelled. What the volume leaves over stays open.
    """
    fills: list[Fill] = []
    held = dict(account.shares)

    def add(of: Order, shares: int) -> None:
        price = prices[of.ticker]
        fills.append(Fill(of.id, day, of.ticker, shares, price, costs.of(shares, price)))

    wanted: dict[str, int] = {}
    rest: dict[str, Order] = {}
    for ticker, open_order in sorted(open_orders.items()):
        room = volumes[ticker] * limits.share // 100
        wanted[ticker] = max(-room, min(room, open_order.shares))
        if left := open_order.shares - wanted[ticker]:
            rest[ticker] = open_order._replace(shares=left)
    for ticker, shares in wanted.items():
        if shares < 0:
            add(open_orders[ticker], shares)
            held[ticker] = held.get(ticker, 0) + shares
    buys = {ticker: shares for ticker, shares in wanted.items() if shares > 0}
    covers = {ticker: min(shares, max(0, -held.get(ticker, 0))) for ticker, shares in buys.items()}
    collateral = sum(max(0, -count - covers.get(ticker, 0)) * prices[ticker] for ticker, count in held.items())
    cash = account.cash + sum(fill.cash for fill in fills) - collateral
    cash -= sum(count * prices[ticker] for ticker, count in covers.items()) + costs.least * len(buys)
    needed = sum((buys[ticker] - covers[ticker]) * prices[ticker] for ticker in buys)
    needed += sum(costs.most(shares, prices[ticker]) for ticker, shares in buys.items())
    kept = max(0, min(PARTS, cash * PARTS // needed)) if needed else PARTS
    for ticker, shares in buys.items():
        if bought := covers[ticker] + (shares - covers[ticker]) * kept // PARTS:
            add(open_orders[ticker], bought)
    return fills, rest


def up(value: int, by: int) -> int:
    """Return a quotient of whole numbers, rounded up."""
    return -(-value // by)
