"""`python -m pipelines.trading.live`: prices arrive day by day, and orders leave through the paper broker.

    python -m pipelines.trading.live paper.db                    # asks the endpoint of `capstan up`
    python -m pipelines.trading.live paper.db --rule momentum    # a rule in this process
    python -m pipelines.trading.live paper.db --show
    python -m pipelines.trading.live paper.db --stop "I look at it first"    # until --resume

One that was killed is started again in the same way: it goes on after the last close that the broker has booked.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from capstan.errors import CapstanError, without_tracebacks
from capstan.services.endpoint_client import post
from capstan.settings import settings
from data_sets import djia as data
from data_sets.djia import TICKERS
from models.backtest.broker import Broker
from models.backtest.engine import Day, History, Strategy, cents, events
from models.backtest.guards import Guards
from models.backtest.market import CENTS
from models.backtest.orders import Account, Limits, Order, order
from models.backtest.sizing import trades
from pipelines.trading import days
from pipelines.trading.variants import CHOSEN

YEAR = 2017
SEND = partial(post, "trading", patience=120.0)  # seconds, while the endpoint loads


class Decider(Protocol):
    """Who says what to order."""

    def learn(self, event: Day) -> None:
        """Take the prices of a day. Those of days that were learned before may come again."""

    def decide(self, event: Day, account: Account) -> list[Order] | None:
        """Return the orders after the close of the last day that was learned, or None to leave things alone."""


class InProcess:
    """A strategy in this process."""

    def __init__(self, strategy: Strategy, name: str = "paper"):
        self.strategy, self.name, self.history = strategy, name, History(TICKERS)

    def learn(self, event: Day) -> None:
        """Keep the prices of a day."""
        self.past = self.history.add(event)

    def decide(self, event: Day, account: Account) -> list[Order] | None:
        """Return the orders of the strategy."""
        weights = self.strategy.decide(self.past)
        if weights is None:
            return None
        shares = trades(weights, TICKERS, account, prices(event), Limits())
        return [order(self.name, event.day, ticker, count) for ticker, count in shares.items()]


class Endpoint:
    """The endpoint of `trading`: a day's closes are events, and its answer has the orders.

    send: gets a path and a body, and returns the answer, of `capstan.services.endpoint_client` by default.
    """

    def __init__(self, name: str = "paper", send: Callable[[str, dict[str, Any]], Any] = SEND):
        self.name, self.send = name, send
        self.known = str(self._ask("", Account(100_000))["day"])  # the day of its last prices

    def learn(self, event: Day) -> None:
        """Send the closes of a day, unless the endpoint has them."""
        if event.day > self.known:
            closes = dict(zip(TICKERS, event.closes.tolist(), strict=True))
            self.send("/v1/models/trading:event", {"day": event.day, "closes": closes})
            self.known = event.day

    def decide(self, event: Day, account: Account) -> list[Order] | None:
        """Return the orders of the answer. Raises CapstanError where the endpoint is ahead."""
        if event.day < self.known:
            raise CapstanError(
                f"The endpoint knows prices until {self.known}, and {event.day} is not decided. Start another: "
                f"CAPSTAN_HOME=FOLDER capstan run trading --set as_of={event.day}T00:00:00Z"
            )
        answer = self._ask(event.day, account)
        if not answer["decided"]:
            return None
        return [Order(entry["id"], event.day, entry["ticker"], entry["shares"]) for entry in answer["orders"]]

    def _ask(self, day: str, account: Account) -> dict[str, Any]:
        holdings = [f"{ticker} {count}" for ticker, count in account.shares.items()]
        request = {"account": self.name, "cash": account.cash / CENTS, "holdings": holdings, "day": day}
        answer = self.send("/v1/models/trading:predict", {"instances": [request | {"when": "monthly"}]})
        return dict(answer["predictions"][0])


def follow(broker: Broker, decider: Decider, days: Iterable[Day], since: str, pause: float = 0.0) -> None:
    """Book each close from a date on, and send what is decided on it. Days that are booked already only teach.

    The last booked day is decided again: the trader may have been killed before its orders left. The broker gets a
    close before the decider does, so that the decider is never a day ahead. pause: seconds.
    """
    begin = max(since, *broker.equity()) if broker.equity() else since
    for event in days:
        if event.day < begin:
            decider.learn(event)
            continue
        volumes = dict(zip(TICKERS, event.volumes.astype(int).tolist(), strict=True))
        broker.on_close(event.day, prices(event), volumes)
        decider.learn(event)
        orders = decider.decide(event, broker.account())
        if orders is not None:
            for refused in broker.submit(event.day, orders):
                print(f"Refused {refused.order.id}: {refused.reason}.", flush=True)
        time.sleep(pause)


def prices(event: Day) -> dict[str, int]:
    """Return the closes of a day in cents, by ticker."""
    return dict(zip(TICKERS, cents(event.closes).tolist(), strict=True))


def shown(broker: Broker) -> str:
    """Return an account in words."""
    account, equity = broker.account(), broker.equity()
    last = max(equity, default="")
    lines = [
        f"After the close of {last}: equity {equity[last] / CENTS:,.2f} dollars" if last else "No close yet",
        f"cash {account.cash / CENTS:,.2f} dollars, positions {account.shares}",
        f"{len(broker.fills())} fills, {len(broker.open_orders())} open orders, {len(broker.refusals())} refusals",
    ]
    if reason := broker.stopped():
        lines.append(f"STOPPED: {reason}. Look at it, then start again with --resume")
    return ".\n".join(lines) + "."


def main() -> None:
    """Replay a year, or look at an account."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("account", type=Path, help="the file of the paper broker; a new one to begin with")
    parser.add_argument("--rule", choices=CHOSEN, help="who decides, in place of the endpoint")
    parser.add_argument("--year", type=int, default=YEAR)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds from day to day")
    for name, value in asdict(Guards()).items():
        parser.add_argument(f"--{name}", type=int, default=value, help="a limit of the broker: see the README")
    parser.add_argument("--show", action="store_true", help="print the account, and do nothing")
    parser.add_argument("--stop", metavar="REASON", help="cancel all open orders, and refuse new ones")
    parser.add_argument("--resume", action="store_true", help="take orders again")
    options = parser.parse_args()
    if options.stop == "":
        raise CapstanError("Say why the account stops: --stop REASON.")
    looks = options.show or options.resume or options.stop
    if looks and not options.account.exists():
        raise CapstanError(f"There is no account {options.account}. Give the file that the trader was started with.")
    broker = Broker(options.account, guards=Guards(options.position, options.loss, options.orders))
    if options.stop:
        broker.stop(options.stop)
    elif options.resume:
        broker.resume()
    elif not options.show:
        market = days.by_day(data.load(data.find(settings().data_dir)))
        first, last = f"{options.year}-01-01", f"{options.year}-12-31"
        decider: Decider = InProcess(CHOSEN[options.rule].fit(market.until(first))) if options.rule else Endpoint()
        follow(broker, decider, events(market.until(last)), first, options.pause)
    print(shown(broker))


if __name__ == "__main__":
    main()
