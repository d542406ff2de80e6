"""Does a ledger in Redis ever promise the same money twice, and how long does a reservation take?

Several bidders at once reserve the price of a bid, then report a win, a loss, or nothing, as when they are killed. The
budget is too small for all. With a Redis that only remembers, and with one whose every write is on the disk first.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from redis.asyncio import Redis

from capstan.study import Line, Measure, Study, Table
from models.auctions.pacing import Plan
from pipelines.bidding.studies.ledger.ledger import Ledger

PORT, CAMPAIGN = 16_379, "study"
KINDS = {"in memory": (), "on the disk first": ("--appendonly", "yes", "--appendfsync", "always")}
BIDDERS, AUCTIONS = 16, 500  # at once; of each bidder
PRICES = (1, 200)  # fen CPM
UNHEARD, LOST = 0.1, 0.4  # the share of the bids of which nothing is heard, and of those that lose
SHARE = 0.5  # of what all wins would cost


@contextmanager
def redis(*options: str) -> Iterator[None]:
    """Start a Redis, and stop it in the end."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(PORT), "--bind", "127.0.0.1", "--save", "", "--dir", folder, *options]
        log = Path(folder) / "log"
        with log.open("w") as out, subprocess.Popen(command, stdout=out) as process:
            while "Ready to accept connections" not in log.read_text():
                time.sleep(0.02)
            yield
            process.terminate()


async def sold(seed: int) -> tuple[dict[str, int], int, list[float]]:
    """Return what the ledger knows in the end, what was charged, and the seconds of each reservation."""
    draw, charged, took = np.random.default_rng(seed), 0, list[float]()
    prices = draw.integers(*PRICES, (BIDDERS, AUCTIONS))
    paid = (prices * draw.random(prices.shape)).astype(int)
    fate = draw.random(prices.shape)
    heard = paid[fate > UNHEARD + LOST].sum()

    async def bidder(ledger: Ledger, number: int) -> None:
        nonlocal charged
        for auction in range(AUCTIONS):
            name, begun = f"{number}-{auction}", time.perf_counter()
            reserved = await ledger.reserve(CAMPAIGN, name, int(prices[number, auction]), 0)
            took.append(time.perf_counter() - begun)
            if not reserved.made or fate[number, auction] < UNHEARD:
                continue
            if fate[number, auction] < UNHEARD + LOST:
                await ledger.lost(CAMPAIGN, name)
                continue
            charged += int(paid[number, auction])
            for _ in range(2):  # reported twice, spent once
                await ledger.won(CAMPAIGN, name, int(paid[number, auction]), 0)

    async with Redis(port=PORT) as client:
        ledger = Ledger(client)
        await ledger.open(CAMPAIGN, Plan(int(SHARE * heard), BIDDERS * AUCTIONS, 0.0, 86_400.0))
        await asyncio.gather(*(bidder(ledger, number) for number in range(BIDDERS)))
        return await ledger.state(CAMPAIGN), charged, took


def reservations(kind: str, seed: int) -> Line:
    """Return what was spent of a budget, and how long a reservation takes."""
    with redis(*KINDS[kind]):
        begun = time.perf_counter()
        state, charged, took = asyncio.run(sold(seed))
        seconds = time.perf_counter() - begun
    low, high = (1_000 * float(np.quantile(took, part)) for part in (0.5, 0.99))
    return {
        "rate": len(took) / seconds,
        "median": low,
        "p99": high,
        "spent": state["spent"] / state["budget"],
        "promised": (state["spent"] + state["reserved"]) / state["budget"],
        "right": state["spent"] == charged,
    }


STUDY = Study(
    measures=[Measure(reservations, [{"kind": kind} for kind in KINDS])],
    tables=[
        Table(
            {"Redis": "kind"},
            {
                "reservations a second": lambda rows: f"{rows['rate'].mean():,.0f}",
                "median, ms": lambda rows: f"{rows['median'].mean():.1f}",
                "99 %, ms": lambda rows: f"{rows['p99'].mean():.1f}",
                "spent, at most": lambda rows: f"{100 * rows['spent'].max():.1f} %",
                "spent and promised, at most": lambda rows: f"{100 * rows['promised'].max():.1f} %",
                "spent what was charged": lambda rows: f"{rows['right'].sum()} of {len(rows)} seeds",
            },
        )
    ],
)
