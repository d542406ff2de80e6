"""A paper broker: orders, fills, positions and cash in one SQLite file, which a kill at any moment leaves whole.

Each call is one transaction that waits for the disk, and may be made again: a close that came before gives the fills
that it gave, an order with a known id is that order. So a trader that was killed asks everything again since the last
close, and nothing is lost or doubled.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from capstan.errors import CapstanError
from models.backtest.guards import Guards
from models.backtest.orders import Account, Costs, Fill, Limits, Order, fill_day

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (cash INTEGER NOT NULL, stopped TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS positions (ticker TEXT PRIMARY KEY, shares INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS days (
    day TEXT PRIMARY KEY, prices TEXT NOT NULL, volumes TEXT NOT NULL, equity INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, day TEXT NOT NULL, ticker TEXT NOT NULL,
    shares INTEGER NOT NULL, left INTEGER NOT NULL, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fills (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, day TEXT NOT NULL, ticker TEXT NOT NULL, shares INTEGER NOT NULL,
    price INTEGER NOT NULL, cost INTEGER NOT NULL, UNIQUE (id, day)
);
CREATE TABLE IF NOT EXISTS refusals (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, day TEXT NOT NULL, ticker TEXT NOT NULL, shares INTEGER NOT NULL,
    reason TEXT NOT NULL, UNIQUE (id, shares, reason)
);
"""
OPEN, FILLED, CANCELLED = "open", "filled", "cancelled"


class Refusal(NamedTuple):
    """An order that was not taken, and why."""

    order: Order
    reason: str


class Broker:
    """One account. Money is in cents. All that a call changes is on the disk when it returns."""

    def __init__(
        self,
        path: Path,
        cash: int = 100_000_000,
        guards: Guards = Guards(),
        costs: Costs = Costs(),
        limits: Limits = Limits(),
    ):
        """Open the account of a file, or a new one. cash: of a new one, cents."""
        self.guards, self.costs, self.limits = guards, costs, limits
        path.parent.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            self.database.execute("PRAGMA synchronous=EXTRA")  # FULL, and the folder of the journal as well
            with self._writing():
                for statement in filter(str.strip, SCHEMA.split(";")):
                    self.database.execute(statement)
                if not self._all("SELECT 1 FROM account"):
                    self.database.execute("INSERT INTO account VALUES (?, '')", (cash,))
        except sqlite3.DatabaseError as error:
            raise CapstanError(f"{path} cannot be read as an account: {error}. Give a new file, or a copy.") from error

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def on_close(self, day: str, prices: Mapping[str, int], volumes: Mapping[str, int]) -> list[Fill]:
        """Fill the open orders at the close of a day, and stop the account after too great a loss. Return the fills.

        prices: cents. volumes: shares. Raises CapstanError for a day before the last, for other prices of the last, and
        where a stock that is held or ordered has no price or volume.
        """
        told = json.dumps(dict(prices), sort_keys=True), json.dumps(dict(volumes), sort_keys=True)
        with self._writing():
            last = self._last()
            if last and last[0] >= day:
                if last[0] > day or (last[1], last[2]) != told:
                    raise CapstanError(f"The close of {last[0]} is booked: a close of {day} comes too late.")
                return self.fills(day)
            account, taken = self.account(), {resting.ticker: resting for resting in self.open_orders()}
            if missing := {*account.shares, *taken} - {name for name in volumes if prices.get(name, 0) > 0}:
                raise CapstanError(
                    f"The close of {day} needs a price above 0 and a volume of {', '.join(sorted(missing))}."
                )
            fills, rest = fill_day(taken, day, prices, volumes, account, self.costs, self.limits)
            for fill in fills:
                account.book(fill)
                self.database.execute("INSERT INTO fills VALUES (NULL, ?, ?, ?, ?, ?, ?)", fill)
            for ticker, resting in taken.items():
                left = rest[ticker].shares if ticker in rest else 0
                state = OPEN if left else FILLED if any(fill.ticker == ticker for fill in fills) else CANCELLED
                self.database.execute("UPDATE orders SET left = ?, state = ? WHERE id = ?", (left, state, resting.id))
            self._write(account)
            equity = account.equity(prices)
            self.database.execute("INSERT INTO days VALUES (?, ?, ?, ?)", (day, *told, equity))
            if last and (reason := self.guards.stop(equity, last[3])):
                self._stop(reason)
            return fills

    def submit(self, day: str, orders: Iterable[Order]) -> list[Refusal]:
        """Take what was decided on the close of a day, in place of the orders that are open from days before it.

        Return those that are refused. An order whose id is known is not taken again, whatever became of it.
        """
        with self._writing():
            last = self._last()
            if last is None:
                raise CapstanError("An order needs a close that it was decided on: send the close first.")
            prices, account, refused = json.loads(last[1]), self.account(), []
            if day == last[0]:
                self.database.execute("UPDATE orders SET state = ? WHERE state = ? AND day < ?", (CANCELLED, OPEN, day))
            for order in orders:
                known = self._all("SELECT shares FROM orders WHERE id = ?", order.id)
                if known == [(order.shares,)]:
                    continue
                if reason := "another order has this id" if known else self._refusal(order, prices, last[0], account):
                    refused.append(Refusal(order, reason))
                    row = (*order, reason)
                    self.database.execute("INSERT OR IGNORE INTO refusals VALUES (NULL, ?, ?, ?, ?, ?)", row)
                else:
                    taken = (*order, order.shares, OPEN)
                    self.database.execute("INSERT INTO orders VALUES (NULL, ?, ?, ?, ?, ?, ?)", taken)
            return refused

    def stop(self, reason: str) -> None:
        """Cancel the open orders and refuse new ones, until `resume`. The first reason stays."""
        with self._writing():
            self._stop(reason)

    def resume(self) -> None:
        """Take orders again: a person has looked."""
        with self._writing():
            self.database.execute("UPDATE account SET stopped = ''")

    def stopped(self) -> str:
        """Return why the account is stopped, or "" where it is not."""
        return str(self._all("SELECT stopped FROM account")[0][0])

    def account(self) -> Account:
        """Return cash and positions."""
        ((cash,),) = self._all("SELECT cash FROM account")
        return Account(cash, dict(self._all("SELECT ticker, shares FROM positions ORDER BY ticker")))

    def open_orders(self) -> list[Order]:
        """Return the open orders, with the shares that are left of them."""
        rows = self._all("SELECT id, day, ticker, left FROM orders WHERE state = ? ORDER BY number", OPEN)
        return [Order(*row) for row in rows]

    def fills(self, day: str = "") -> list[Fill]:
        """Return the fills in their order, of one day or of all."""
        rows = self._all(
            "SELECT id, day, ticker, shares, price, cost FROM fills WHERE ? IN ('', day) ORDER BY number", day
        )
        return [Fill(*row) for row in rows]

    def refusals(self) -> list[Refusal]:
        """Return every refusal in its order."""
        rows = self._all("SELECT id, day, ticker, shares, reason FROM refusals ORDER BY number")
        return [Refusal(Order(*row[:4]), row[4]) for row in rows]

    def equity(self) -> dict[str, int]:
        """Return the equity at each close, cents, by day."""
        return dict(self._all("SELECT day, equity FROM days ORDER BY day"))

    def _refusal(self, order: Order, prices: Mapping[str, int], today: str, account: Account) -> str:
        if any(resting.ticker == order.ticker for resting in self.open_orders()):
            return f"{order.ticker} has an open order"
        ((count,),) = self._all("SELECT count(*) FROM orders WHERE day = ?", order.day)
        return self.guards.refusal(order, account, prices, today, count, self.stopped())

    def _last(self) -> tuple[str, str, str, int] | None:
        rows = self._all("SELECT * FROM days ORDER BY day DESC LIMIT 1")
        return rows[0] if rows else None

    def _stop(self, reason: str) -> None:
        self.database.execute("UPDATE account SET stopped = ? WHERE stopped = ''", (reason,))
        self.database.execute("UPDATE orders SET state = ? WHERE state = ?", (CANCELLED, OPEN))

    def _write(self, account: Account) -> None:
        self.database.execute("UPDATE account SET cash = ?", (account.cash,))
        self.database.execute("DELETE FROM positions")
        self.database.executemany("INSERT INTO positions VALUES (?, ?)", account.shares.items())

    def _all(self, query: str, *values: object) -> list[Any]:
        return self.database.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Make one transaction of a block: all of it is written, or nothing."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.database.execute("COMMIT")
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
