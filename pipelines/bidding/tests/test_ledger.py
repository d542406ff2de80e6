"""Money in a real Redis: reserved before it is bid, spent once, given back, and never promised twice."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from redis.asyncio import Redis

from models.auctions.pacing import REACHED, SLOTS, Plan, auctions_left
from pipelines.bidding.studies.ledger.ledger import Ledger
from tests.support.redis import redis

PLAN = Plan(budget=100, auctions=1_000, start=0.0, seconds=86_400.0)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with redis() as address:
        yield address


@pytest.fixture
def run(address, request) -> Callable[[Callable[[Ledger, str], Awaitable]], dict]:
    """Return a function that runs something with a ledger, whose reservations hold some seconds, and a campaign."""

    def run(what: Callable[[Ledger, str], Awaitable], seconds: float = 0.3) -> dict:
        async def inside() -> dict:
            async with Redis.from_url(f"redis://{address}") as client:
                ledger, name = Ledger(client, seconds), request.node.name
                await ledger.open(name, PLAN)
                await what(ledger, name)
                return await ledger.state(name)

        return asyncio.run(inside())

    return run


def test_many_at_once_reserve_no_more_than_there_is(run):
    async def burst(ledger: Ledger, name: str) -> None:
        reservations = await asyncio.gather(
            *(ledger.reserve(name, f"{reservation}", 7, 0) for reservation in range(200))
        )
        assert (
            sum(reservation.made for reservation in reservations) == 14
            and min(reservation.left for reservation in reservations) == 2
        )

    assert run(burst, seconds=600)["reserved"] == 98


def test_win_is_spent_once_and_a_loss_is_given_back(run):
    async def told(ledger: Ledger, name: str) -> None:
        for bid in ("a", "b"):
            assert (await ledger.reserve(name, bid, 40, 3)).made
        assert await ledger.won(name, "a", 25, 3) and not await ledger.won(name, "a", 25, 3)
        await ledger.lost(name, "b")
        assert (await ledger.reserve(name, "c", 75, 4)) == (True, 0, 3, 3)

    state = run(told)
    assert (state["spent"], state["reserved"], state["wins"], state["late"]) == (25, 75, 1, 0)
    assert (state["spent:3"], state["wins:3"], state["seen:3"], state["seen:4"]) == (25, 1, 2, 1)


def test_bid_of_which_nothing_is_heard_gives_its_money_back(run):
    async def silent(ledger: Ledger, name: str) -> None:
        assert (await ledger.reserve(name, "a", 100, 0)).made and not (await ledger.reserve(name, "b", 1, 0)).made
        await asyncio.sleep(0.35)
        assert (await ledger.reserve(name, "c", 60, 0)).left == 40
        assert await ledger.won(name, "a", 30, 0)  # the exchange charges it all the same

    state = run(silent)
    assert (state["spent"], state["reserved"], state["late"]) == (30, 60, 1)


@pytest.mark.parametrize("paid", [1e15, float("nan"), 10**15, 41, -1, True, "7"])
def test_win_at_an_impossible_price_changes_nothing(run, paid):
    async def won(ledger: Ledger, name: str) -> None:
        await ledger.reserve(name, "a", 40, 3)
        before = await ledger.state(name)
        with pytest.raises(ValueError, match=r"not an amount of money|was bid for 40, and cannot cost"):
            await ledger.won(name, "a", paid, 3)
        assert await ledger.state(name) == before
        assert await ledger.won(name, "a", 30, 3)  # reported again at the right price

    state = run(won)
    assert (state["spent"], state["reserved"], state["wins"]) == (30, 0, 1)


def test_late_win_costs_at_most_what_was_reserved(run):
    async def late(ledger: Ledger, name: str) -> None:
        await ledger.reserve(name, "a", 40, 0)
        await asyncio.sleep(0.35)
        await ledger.reserve(name, "b", 0, 0)  # the reservation ends
        with pytest.raises(ValueError, match="was bid for 40, and cannot cost 41"):
            await ledger.won(name, "a", 41, 0)
        assert await ledger.won(name, "a", 40, 0)

    state = run(late)
    assert (state["spent"], state["reserved"], state["late"]) == (40, 0, 1)


def test_an_id_is_bid_once(run):
    async def again(ledger: Ledger, name: str) -> None:
        for bid in ("won", "lost", "silent"):
            assert (await ledger.reserve(name, bid, 10, 0)).made
        await ledger.won(name, "won", 10, 0)
        await ledger.lost(name, "lost")
        await asyncio.sleep(0.35)
        for bid in ("won", "lost", "silent"):
            assert not (await ledger.reserve(name, bid, 10, 0)).made
        assert not await ledger.won(name, "won", 10, 0)
        assert await ledger.won(name, "lost", 10, 0)  # what the exchange charges is spent, whatever it said before
        with pytest.raises(ValueError, match="'never' is not a bid"):
            await ledger.won(name, "never", 10, 0)

    state = run(again)
    assert (state["spent"], state["reserved"], state["wins"], state["late"]) == (20, 0, 2, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"budget": -1}, {"budget": 2**60}, {"budget": float("nan")}, {"start": float("nan")}),
        *({"seconds": 0.0}, {"seconds": float("inf")}, {"auctions": -1}),
    ],
)
def test_plan_that_is_none_is_refused_and_the_old_one_stays(run, wrong):
    async def opened(ledger: Ledger, name: str) -> None:
        with pytest.raises(ValueError, match=r"is no plan|not an amount of money"):
            await ledger.open(name, PLAN._replace(**wrong))
        with pytest.raises(ValueError, match="not an amount of money"):
            await ledger.reserve(name, "a", 1e15, 0)
        assert await ledger.plan(name) == PLAN

    assert run(opened)["reserved"] == 0


def test_campaign_that_begins_again_keeps_what_it_spent(run):
    async def again(ledger: Ledger, name: str) -> None:
        await ledger.reserve(name, "a", 40, 0)
        await ledger.won(name, "a", 40, 0)
        await ledger.open(name, PLAN._replace(budget=50))
        assert await ledger.plan(name) == PLAN._replace(budget=50) and await ledger.plan("none") is None
        assert (await ledger.reserve(name, "b", 11, 0)).made is False

    assert run(again)["spent"] == 40


def test_auctions_left_follow_the_clock_and_the_traffic():
    plan, now = PLAN._replace(auctions=100_000), 86_400 * 20 / SLOTS
    lately, seen = round(100_000 * (REACHED[20] - REACHED[19])), round(100_000 * REACHED[20])
    usual = auctions_left(plan, now, lately, seen)
    assert usual == pytest.approx(100_000 * (1 - REACHED[20]), rel=0.02)
    assert auctions_left(plan, now, 2 * lately, 2 * seen) == pytest.approx(2 * usual, rel=0.02)
    assert auctions_left(plan, now, 0, seen) < usual / 10  # the traffic has ended
    assert auctions_left(plan, now, 10 * lately, seen + 9 * lately) < 3 * usual  # a burst that has just begun
    assert auctions_left(plan, now, lately, 2 * seen) == usual  # and one that is over
    assert auctions_left(plan, 86_399.99, 0, 0) == 1 == auctions_left(plan, time.time(), 5, 5)
