"""`python -m pipelines.bidding.speed`: how long a bid takes at 1,000 bid requests a second.

It writes `speed.json` into the folder that it is given, and prints the table. It starts a Redis and a replica with the
champion, and sells the auctions of the log to it at a steady rate, answered or not; then it asks the endpoint, which
has to be up, at the same rate. The load generator runs on the same machine, on one core.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from urllib.parse import urlparse

import httpx
import numpy as np
import pandas as pd
import psutil

from capstan.errors import CapstanError
from capstan.settings import settings
from models.http_line import Line
from models.study import Line as Measured
from models.study import Study, markdown, options
from pipelines.bidding import replay, task
from pipelines.bidding.exchange import Exchange
from pipelines.bidding.schema import EXAMPLE

FOLDER = Path(__file__).parent
RATES, SECONDS, WARM = (100, 300, 1_000), 10.0, 2.0
REDIS, PORT, CAMPAIGN = 16_379, 18_070, "speed"
REPLICA, ENDPOINT = "replica with Redis, bid and win", "endpoint, KServe"
DURABLE = "replica with Redis that writes to the disk first"


async def steady(ask: Callable[[int], Awaitable[object]], rate: float, seconds: float) -> None:
    """Call a function at a rate, each time whether the calls before it have ended or not."""
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            group.create_task(ask(number))  # type: ignore[arg-type]  # every one is a coroutine


def line(took: list[float], failed: int, rate: float, seconds: float) -> Measured:
    """Return quantiles in milliseconds, and how many requests a second were answered."""
    low, high, top = (1_000 * float(np.quantile(took or [np.inf], part)) for part in (0.5, 0.99, 0.999))
    return {"rate": rate, "answered": len(took) / seconds, "failed": failed, "median": low, "p99": high, "p999": top}


@contextmanager
def replica(*durable: str) -> Iterator[psutil.Process]:
    """Start a Redis and a replica, and stop both in the end. durable: options of the Redis."""
    with tempfile.TemporaryDirectory() as folder:
        commands = (
            ["redis-server", "--port", str(REDIS), "--bind", "127.0.0.1", "--save", "", "--dir", folder, *durable],
            [sys.executable, "-m", "pipelines.bidding.replica", "--redis", f"127.0.0.1:{REDIS}", "--port", str(PORT)],
        )
        started = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
        try:
            for _ in range(600):
                try:
                    httpx.get(f"http://127.0.0.1:{PORT}/campaigns/{CAMPAIGN}")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield psutil.Process(started[1].pid)
        finally:
            for one in started:
                one.terminate()
                one.wait()


def processor(server: psutil.Process) -> float:
    """Return the seconds of processor time that a process has used."""
    used = server.cpu_times()
    return float(used.user + used.system)


def of_replica(rows: pd.DataFrame, money: int, rate: float, server: psutil.Process, method: str) -> Measured:
    """Return how long the bids of a replica take; the wins and losses are told as well, but not timed."""
    plan = {"budget": money, "auctions": len(rows), "seconds": 3_600.0}
    httpx.put(f"http://127.0.0.1:{PORT}/campaigns/{CAMPAIGN}", json=plan).raise_for_status()
    exchange = Exchange([PORT], CAMPAIGN, longest=2.0)
    pairs = cycle(zip(rows["ctr"].tolist(), rows["market_price"].astype(int).tolist(), strict=True))

    async def run() -> None:
        for seconds in (WARM, SECONDS):
            exchange.took.clear()
            exchange.failed = 0
            await steady(
                lambda number: exchange.sell(f"{rate}-{exchange.offers}-{number}", *next(pairs)), rate, seconds
            )
        await exchange.close()

    before, offers = processor(server), exchange.offers
    asyncio.run(run())
    cost = (processor(server) - before) / (exchange.offers - offers)
    return line(exchange.took, exchange.failed, rate, SECONDS) | {"method": method, "processor": 1_000 * cost}


def listening(port: int) -> psutil.Process:
    """Return the process that listens on a port. Raises CapstanError where there is none."""
    for one in psutil.net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid:
            return psutil.Process(one.pid)
    raise CapstanError(f"Nothing listens on port {port}. Start the endpoint with `capstan run bidding`.")


def of_endpoint(rows: pd.DataFrame, rate: float, server: psutil.Process) -> Measured:
    """Return how long the answers of the endpoint take."""
    port, free, took, failed = urlparse(settings().endpoint_url).port or 80, list[Line](), list[float](), 0
    ctr = cycle(rows["ctr"].tolist())

    async def ask(number: int) -> None:
        nonlocal failed
        body = json.dumps({"instances": [EXAMPLE | {"id": str(number), "ctr": next(ctr)}]}).encode()
        own, begun = free.pop() if free else Line(port, 2.0), time.perf_counter()
        try:
            status, _ = await own.ask("POST", "/v1/models/bidding:predict", body)
        except (OSError, EOFError, TimeoutError):
            status = 0
        free.append(own)
        if status == httpx.codes.OK:
            took.append(time.perf_counter() - begun)
        else:
            failed += 1

    async def run() -> None:
        nonlocal failed
        for seconds in (WARM, SECONDS):
            took.clear()
            failed = 0
            await steady(ask, rate, seconds)
        for one in free:
            one.close()
        await asyncio.sleep(0)

    before = processor(server)
    asyncio.run(run())
    cost = (processor(server) - before) / (rate * (WARM + SECONDS))
    return line(took, failed, rate, SECONDS) | {"method": ENDPOINT, "processor": 1_000 * cost}


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    return markdown(results, {"bids of": "method", "requests a second": "rate"}, {
        "answered a second": lambda rows: f"{rows['answered'].mean():.0f}",
        "failed": lambda rows: f"{rows['failed'].sum():.0f}",
        "median, ms": lambda rows: f"{rows['median'].mean():.1f}",
        "99 %, ms": lambda rows: f"{rows['p99'].mean():.1f}",
        "99.9 %, ms": lambda rows: f"{rows['p999'].mean():.1f}",
        "processor time of the server, ms": lambda rows: f"{rows['processor'].mean():.2f}",
    })  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "speed.json", ["method", "rate"])
    test = task.split(task.load(settings().data_dir))[1]
    rows = test["auctions"]
    money = replay.budget(test["history"], 8, len(rows))
    for method, durable in ((REPLICA, ()), (DURABLE, ("--appendonly", "yes", "--appendfsync", "always"))):
        with replica(*durable) as server:
            for rate in RATES:
                study.add(of_replica(rows, money, rate, server, method))
    endpoint = listening(urlparse(settings().endpoint_url).port or 80)
    for rate in RATES:
        study.add(of_endpoint(rows, rate, endpoint))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
