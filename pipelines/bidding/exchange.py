"""An exchange for tests and measurements: it sells impressions to replicas, and tells the winner until it is heard."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.http_line import Line

FEN = 100
PATIENCE = 30.0  # seconds in which a win is told again and again


@dataclass
class Exchange:
    """Sells impressions at second prices. It counts what it charges, whatever the bidder knows of it."""

    ports: Sequence[int]
    campaign: str
    longest: float = 0.2  # seconds for an answer
    charged: int = 0  # fen CPM
    wins: int = 0
    offers: int = 0
    failed: int = 0  # bid requests without an answer
    untold: int = 0  # wins and losses that no replica has kept
    took: list[float] = field(default_factory=list)
    lines: dict[int, list[Line]] = field(default_factory=dict)

    async def sell(self, name: str, ctr: float, price: int, tell_losses: bool = True) -> bool:
        """Offer an impression to one replica; return whether it was sold. price: fen CPM, the highest of others."""
        self.offers += 1
        offer = {"id": name, "imp": [{"id": "1", "ext": {"ctr": ctr}}], "ext": {"campaign": self.campaign}}
        begun = time.perf_counter()
        try:
            status, body = await self.ask(self.ports[self.offers % len(self.ports)], "POST", "/bid", offer)
        except (OSError, EOFError, TimeoutError):
            self.failed += 1
            return False
        self.took.append(time.perf_counter() - begun)
        if status != 200:
            return False
        [bid] = json.loads(body)["seatbid"][0]["bid"]
        if round(bid["price"] * FEN) < price:
            if tell_losses:
                await self.tell(bid["lurl"])
            return False
        self.charged += price
        self.wins += 1
        await self.tell(bid["nurl"].replace("${AUCTION_PRICE}", str(price / FEN)))
        return True

    async def tell(self, path: str) -> None:
        """Tell any replica how an auction ended, until one has kept it; count it where none does."""
        until, turn = time.monotonic() + PATIENCE, self.offers
        while time.monotonic() < until:
            turn += 1
            try:
                status, _ = await self.ask(self.ports[turn % len(self.ports)], "GET", path)
            except (OSError, EOFError, TimeoutError):
                status = 0
            if status == 200:
                return
            await asyncio.sleep(0.02)
        self.untold += 1

    async def ask(self, port: int, method: str, path: str, content: Any = None) -> tuple[int, bytes]:
        """Ask a replica over a connection that is free."""
        free = self.lines.setdefault(port, [])
        line = free.pop() if free else Line(port, self.longest)
        try:
            return await line.ask(method, path, b"" if content is None else json.dumps(content).encode())
        finally:
            free.append(line)

    async def close(self) -> None:
        """Close all connections; the next request opens others."""
        for line in (line for free in self.lines.values() for line in free):
            line.close()
        self.lines.clear()
        await asyncio.sleep(0)  # the loop closes them in its next turn
