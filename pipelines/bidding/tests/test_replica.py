"""Two replicas and a real Redis: what an exchange charges never exceeds the budget, whatever is killed or lost."""

import asyncio
import os
import pickle
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from redis import Redis

from pipelines.bidding.exchange import Exchange
from tests.support.processes import free_port, process, wait_until
from tests.support.redis import DURABLE, redis

CAMPAIGN = "2997"
USUAL, BURST = 80, 800  # bid requests a second


class Site:
    """A Redis, and replicas that can be killed and started again."""

    def __init__(self, address: str, folder: Path, stack: ExitStack):
        self.address, self.folder, self.stack = address, folder, stack
        self.ports = [free_port(), free_port()]
        self.client = Redis.from_url(f"redis://{address}")
        self.replicas = [self.start(port) for port in self.ports]
        for port in self.ports:
            wait_until(lambda port=port: self.answers(port))

    def start(self, port: int):
        command = [sys.executable, "-m", "pipelines.bidding.replica", "--redis", self.address]
        command += ["--port", str(port), "--model", str(self.folder / "model"), "--wait", "0.5"]
        return self.stack.enter_context(process(command, self.folder / f"log-{port}-{time.monotonic()}"))

    def answers(self, port: int) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/campaigns/none").status_code == httpx.codes.NOT_FOUND
        except httpx.TransportError:
            return False

    def begin(self, campaign: str, **plan: float) -> None:
        httpx.put(f"http://127.0.0.1:{self.ports[0]}/campaigns/{campaign}", json=plan).raise_for_status()

    def state(self, campaign: str) -> dict:
        return httpx.get(f"http://127.0.0.1:{self.ports[0]}/campaigns/{campaign}").raise_for_status().json()


@pytest.fixture(scope="module")
def site(served, tmp_path_factory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("replicas")
    (folder / "model").write_bytes(pickle.dumps(served))
    with redis() as address, ExitStack() as stack:
        yield Site(address, folder, stack)


@pytest.fixture(scope="module")
def impressions(parts) -> list[tuple[float, int]]:
    rows = parts[1]["auctions"].head(5_000)
    return list(zip(rows["ctr"], rows["market_price"].astype(int), strict=True))


async def sell(exchange: Exchange, impressions, rate: float, seconds: float) -> int:
    """Offer impressions at a rate, whether they are answered or not; return how many were sold."""
    before, turn = exchange.wins, cycle(impressions[exchange.offers % len(impressions) :])
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            group.create_task(exchange.sell(f"{exchange.campaign}-{exchange.offers}-{number}", *next(turn)))
    await exchange.close()
    return exchange.wins - before


def ask(site: Site, **content) -> httpx.Response:
    known = {"id": "x", "imp": [{"id": "1", "ext": {"ctr": 0.004}}], "ext": {"campaign": "asked"}}
    return httpx.post(f"http://127.0.0.1:{site.ports[0]}/bid", json=known | content)


def test_bid_of_openrtb_is_answered_and_its_win_is_spent(site, served):
    site.begin("asked", budget=10_000, auctions=1_000, seconds=3_600)
    answer = ask(site, id="x&bid=/?", device={"ua": "x"}).raise_for_status().json()
    [bid] = answer["seatbid"][0]["bid"]
    assert answer["id"] == "x&bid=/?" and bid["impid"] == "1" and bid["cid"] == "asked"
    # Two auctions were seen where none was expected yet, so a few more are thought to be left.
    assert round(bid["price"] * 100) == pytest.approx(served.price(0.004, 10_000, 1_000), abs=2)
    url = f"http://127.0.0.1:{site.ports[1]}{bid['nurl'].replace('${AUCTION_PRICE}', '0.05')}"
    for _ in range(2):  # told twice, spent once
        httpx.get(url).raise_for_status()
    state = site.state("asked")
    assert (state["spent"], state["reserved"], state["wins"]) == (5, 0, 1)
    shown = httpx.get(f"http://127.0.0.1:{site.ports[0]}/campaigns/asked", headers={"accept": "text/html"}).text
    assert "5 (0.1%)" in shown and "<polyline" in shown


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        ({"imp": []}, 400, "imp"),
        ({"imp": [{"id": "1", "ext": {"ctr": 2}}]}, 400, "ctr"),
        ({"imp": [{"id": "1"}]}, 400, "ext"),
        ({"id": 7}, 400, "id"),
        ({"ext": {"campaign": "none"}}, 204, "no campaign none"),
        ({"ext": {"campaign": "poor"}}, 204, "nothing is left"),
        ({"imp": [{"id": "1", "bidfloor": 99, "ext": {"ctr": 0.004}}]}, 204, "below the floor"),
    ],
)
def test_what_is_not_bid_on_says_why(site, content, status, said):
    site.begin("asked", budget=10_000, auctions=1_000, seconds=3_600)
    site.begin("poor", budget=0, auctions=1_000, seconds=3_600)
    answer = ask(site, **content)
    assert answer.status_code == status and said in (answer.headers.get("x-no-bid") or answer.text)


@pytest.mark.rotating
def test_nothing_that_is_killed_or_lost_overspends_or_stops_a_campaign(site, impressions):
    budget, seconds = 15_000, 30.0
    exchange = Exchange(site.ports, CAMPAIGN, longest=2.0)
    pid = site.client.info("server")["process_id"]

    async def day() -> list[int]:
        sold = [await sell(exchange, impressions, USUAL, 2)]
        site.replicas[0].send_signal(signal.SIGKILL)  # in the middle of its bids
        sold.append(await sell(exchange, impressions, USUAL, 2))
        site.replicas[0] = site.start(site.ports[0])
        site.client.client_kill_filter(_type="normal", skipme=True)  # every connection is cut
        sold.append(await sell(exchange, impressions, USUAL, 2))
        pausing = asyncio.create_task(sell(exchange, impressions, USUAL, 2))
        await asyncio.sleep(0.5)
        os.kill(pid, signal.SIGSTOP)  # no answer, and no error
        await asyncio.sleep(0.8)
        os.kill(pid, signal.SIGCONT)
        await pausing
        sold.append(await sell(exchange, impressions, USUAL, 1))
        sold.append(await sell(exchange, impressions, BURST, 2))
        left = started + seconds - time.time()
        sold.append(await sell(exchange, impressions, USUAL, max(left, 0.5)))
        return sold

    started = time.time()
    site.begin(CAMPAIGN, budget=budget, auctions=3_500, seconds=seconds, start=started)
    sold = asyncio.run(day())
    state = site.state(CAMPAIGN)
    assert state["spent"] == exchange.charged <= budget, (state, exchange.charged)
    assert state["wins"] == exchange.wins and not exchange.untold
    assert min(sold) > 0, sold  # it went on after each of them
    assert state["spent"] + state["reserved"] > 0.85 * budget, state  # what is reserved comes back
    assert exchange.failed > 0


def test_connection_that_waited_is_still_there(site):
    """uvicorn's own limit is 5 seconds: of a thousand requests a second, a few then met a connection that closed."""
    with httpx.Client(limits=httpx.Limits(keepalive_expiry=60)) as client:
        url = f"http://127.0.0.1:{site.ports[0]}/campaigns/none"
        before = client.get(url).extensions["network_stream"].get_extra_info("client_addr")
        time.sleep(5.5)
        assert client.get(url).extensions["network_stream"].get_extra_info("client_addr") == before


@pytest.mark.rotating
def test_ledger_that_is_killed_knows_what_it_promised(served, impressions, tmp_path):
    """Redis is killed with signal 9 while it is written to, three times, and begins again with its file."""
    (tmp_path / "model").write_bytes(pickle.dumps(served))
    budget, port = 4_000, free_port()

    async def sold() -> list[int]:
        counts = []
        for _ in range(3):
            with redis(tmp_path, port, DURABLE):
                pid = Redis(port=port).info("server")["process_id"]
                selling = asyncio.create_task(sell(exchange, impressions, 100, 2))
                await asyncio.sleep(1.5)
                os.kill(pid, signal.SIGKILL)
            with redis(tmp_path, port, DURABLE):  # wins of the last half second are told to this one
                counts.append(await selling)
        return counts

    with ExitStack() as stack:
        with redis(tmp_path, port, DURABLE) as address:
            site = Site(address, tmp_path, stack)
            site.begin("durable", budget=budget, auctions=900, seconds=3_600)
        exchange = Exchange(site.ports, "durable", longest=2.0)
        counts = asyncio.run(sold())
        with redis(tmp_path, port, DURABLE):
            state = site.state("durable")
    assert state["spent"] == exchange.charged <= budget, (state, exchange.charged)
    assert state["wins"] == exchange.wins and not exchange.untold and min(counts) > 0, counts


@pytest.mark.rotating
def test_burst_at_the_end_of_the_money_is_not_overspent(site, impressions):
    """In its last minutes: two replicas that both think that there is money, and thirty bid requests at any time."""
    exchange, budget = Exchange(site.ports, "burst", longest=5.0), 3_000

    async def burst() -> None:
        async def one(number: int) -> None:
            for at in range(number, 1_500, 30):
                await exchange.sell(f"burst-{at}", *impressions[at])

        await asyncio.gather(*(one(number) for number in range(30)))
        await exchange.close()

    site.begin("burst", budget=budget, auctions=300, seconds=3_600, start=time.time() - 3_300)
    asyncio.run(burst())
    state = site.state("burst")
    assert state["spent"] == exchange.charged <= budget
    assert budget - exchange.charged < 300 and exchange.wins == state["wins"], state
