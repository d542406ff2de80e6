"""What a paper broker refuses: too large a position, too many orders, and all orders after a loss or a stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capstan.errors import CapstanError
from models.backtest.orders import Account, Order


@dataclass(frozen=True)
class Guards:
    """Limits of an account, in percent of its equity. What trips them is recorded, never cut to size."""

    position: int = 60  # of one ticker, long or short
    loss: int = 10  # of a day: beyond it the account stops by itself
    orders: int = 40  # of a day

    def __post_init__(self) -> None:
        if min(self.position, self.loss, self.orders) < 1:
            raise CapstanError(f"Limits of an account are 1 or more: {self}.")

    def refusal(
        self, order: Order, account: Account, prices: Mapping[str, int], today: str, count: int, stopped: str
    ) -> str:
        """Return why an order is refused, or "". count: orders taken today. stopped: why the account is, or ""."""
        if stopped:
            return f"the account is stopped: {stopped}"
        if order.day != today:
            return f"decided on the close of {order.day}, and the last close is that of {today}"
        if order.ticker not in prices:
            return f"{order.ticker} has no price"
        if not order.shares:
            return "no shares"
        if count >= self.orders:
            return f"more than {self.orders} orders on one day"
        held = account.shares.get(order.ticker, 0)
        after, most = abs(held + order.shares) * prices[order.ticker], self.position * account.equity(prices) // 100
        if after > most and abs(held + order.shares) > abs(held):
            return f"{order.ticker} would be {after / 100:,.2f} dollars, more than {self.position} % of the equity"
        return ""

    def stop(self, equity: int, before: int) -> str:
        """Return why a close stops the account, or "". equity, before: cents, at this close and the last one."""
        if (before - equity) * 100 >= self.loss * before > 0:
            return f"it lost {(before - equity) / before:.1%} in one day, and {self.loss} % stop it"
        return ""
