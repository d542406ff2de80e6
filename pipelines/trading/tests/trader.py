"""A trader of a few days that kills itself: `python -m pipelines.trading.tests.trader FILE STATEMENT`.

It sends SIGKILL to itself before that statement of SQL; 0 lets it live. It needs no numpy, so a start takes little.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

from models.backtest.broker import Broker
from models.backtest.orders import Account, Order, order

TICKERS = ("AAPL", "KO", "XOM")
DAYS = [f"2017-01-{day:02}" for day in (3, 4, 5, 6, 9)]


def prices(at: int) -> dict[str, int]:
    """Return the closes of a day, in cents."""
    return {ticker: 5_000 + 700 * place + (-1) ** (at + place) * 90 * at for place, ticker in enumerate(TICKERS)}


def orders(day: str, at: int, account: Account) -> list[Order]:
    """Return what a day decides: all shares of one ticker for another, which depends on what is held."""
    bought = TICKERS[at % len(TICKERS)]
    sold = [order("paper", day, ticker, -held) for ticker, held in account.shares.items() if ticker != bought]
    return [*sold, order("paper", day, bought, 40 + sum(account.shares.values()) // 2)]


def trade(broker: Broker) -> None:
    """Go on after the last close that is booked, and decide on it again."""
    last = max(broker.equity(), default="")
    for index, day in enumerate(DAYS):
        if day >= last:
            broker.on_close(day, prices(index), dict.fromkeys(TICKERS, 5_000))  # a hundredth of it is 50 shares
            broker.submit(day, orders(day, index, broker.account()))


def main() -> None:
    """Trade, and die."""
    statement, counted = int(sys.argv[2]), count(1)

    def die(_: str) -> None:
        if next(counted) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    broker = Broker(Path(sys.argv[1]))
    broker.database.set_trace_callback(die)
    print("ready", flush=True)
    trade(broker)


if __name__ == "__main__":
    main()
