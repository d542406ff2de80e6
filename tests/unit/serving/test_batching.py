"""Dynamic batching, by itself."""

import asyncio
from datetime import UTC, datetime

import numpy as np
import pytest
from kserve.errors import InferenceError
from pydantic import BaseModel

from capstan.errors import Unavailable
from serving.schema.rows import Row
from serving.scoring.batching import LATE, Batcher
from serving.scoring.features import Report
from serving.scoring.scorer import Scores


class Doubler:
    """Doubles `x` and remembers its batches; `seconds` is how long it takes for one, None that nothing is awaited."""

    def __init__(self, seconds: float | None = 0.0):
        self.seconds, self.batches = seconds, []

    async def __call__(self, rows) -> Scores:
        values = [row.request.x for row in rows]
        self.batches.append(values)
        if self.seconds is not None:
            await asyncio.sleep(self.seconds)
        if -1 in values:
            raise InferenceError("below zero")
        if -2 in values:
            raise Unavailable("the store is away")
        return Scores({"x": values}, [Report() for _ in values], {"twice": np.array(values) * 2})


def batcher(score, max_rows: int = 64, delay: float = 0.0, most: int = 1) -> Batcher:
    sizes = [], []
    built = Batcher(score, max_rows, delay, sizes[0].append, sizes[1].append, most)
    built.sizes = sizes
    return built


class Request(BaseModel):
    x: float


def rows(*values: float) -> list[Row]:
    return [Row(Request(x=value), datetime.now(UTC)) for value in values]


def scores(answer: Scores) -> list[float]:
    return answer.predictions["twice"].tolist()


async def ask(to: Batcher, *requests: list[Row]) -> list:
    """Return the scores of requests that come together, or their errors."""
    answers = await asyncio.gather(*(to.predict(request) for request in requests), return_exceptions=True)
    return [answer if isinstance(answer, Exception) else scores(answer) for answer in answers]


@pytest.mark.parametrize("seconds", [None, 0.0, 0.01])
def test_what_comes_together_with_a_first_one_is_a_batch_and_everybody_gets_their_rows(seconds):
    score = Doubler(seconds)
    to = batcher(score)
    assert asyncio.run(ask(to, rows(0), rows(1), rows(2, 3), rows(4))) == [[0], [2], [4, 6], [8]]
    assert score.batches == [[0], [1, 2, 3, 4]]
    assert to.sizes == ([1, 3], [1, 4]) and to.waiting == 0


def test_a_batch_is_no_larger_than_said_but_a_request_stays_whole():
    score = Doubler()
    requests = [rows(1), rows(2, 3), rows(4, 5, 6, 7, 8), rows(9), rows(10, 11), rows(12)]
    expected = [[row.request.x * 2 for row in request] for request in requests]
    assert asyncio.run(ask(batcher(score, 3), *requests)) == expected
    assert score.batches == [[1], [2, 3], [4, 5, 6, 7, 8], [9, 10, 11], [12]]


def test_one_row_at_a_time_means_no_batches():
    score = Doubler()
    assert asyncio.run(ask(batcher(score, 1), rows(1), rows(2))) == [[2], [4]]
    assert score.batches == [[1], [2]]


def test_one_client_never_waits_for_others():
    async def sequence():
        to = batcher(Doubler(), delay=3600)
        return [await ask(to, rows(value)) for value in range(5)]

    assert asyncio.run(asyncio.wait_for(sequence(), 30)) == [[[value * 2]] for value in range(5)]


def test_where_several_were_under_way_a_batch_waits_for_as_many():
    score = Doubler()

    async def later(to: Batcher, seconds: float, value: float):
        await asyncio.sleep(seconds)
        return scores(await to.predict(rows(value)))

    async def sequence():
        to = batcher(score)
        await ask(to, rows(1), rows(2), rows(3))
        to.delay = 3600
        return await asyncio.gather(later(to, 0, 4), later(to, 0.05, 5))

    assert asyncio.run(asyncio.wait_for(sequence(), 30)) == [[8], [10]]
    assert score.batches == [[1], [2, 3], [4, 5]]


def test_a_client_that_is_left_alone_waits_once():
    score = Doubler()

    async def sequence():
        to = batcher(score, delay=0.05)
        await ask(to, rows(1), rows(2), rows(3))
        first = await ask(to, rows(4))
        to.delay = 3600
        return first + await ask(to, rows(5))

    assert asyncio.run(asyncio.wait_for(sequence(), 30)) == [[8], [10]]


def test_who_comes_while_a_batch_is_scored_goes_with_the_next():
    score = Doubler(0.05)

    async def sequence():
        to = batcher(score)
        first = asyncio.create_task(to.predict(rows(1)))
        await asyncio.sleep(0.01)
        return await ask(to, rows(2), rows(3)), scores(await first)

    assert asyncio.run(sequence()) == ([[4], [6]], [2])
    assert score.batches == [[1], [2, 3]]


def test_rows_that_fail_fail_their_own_request_only():
    alone, first, second, third = asyncio.run(ask(batcher(Doubler()), rows(-1), rows(1), rows(2, -1), rows(3)))
    assert (first, third) == ([2], [6])
    assert isinstance(alone, InferenceError) and isinstance(second, InferenceError)


def test_what_all_share_fails_all_at_once():
    score = Doubler()
    first, *others = asyncio.run(ask(batcher(score), rows(1), rows(-2), rows(3), rows(4)))
    assert first == [2] and [type(answer) for answer in others] == [Unavailable] * 3
    assert score.batches == [[1], [-2, 3, 4]]


def test_who_has_gone_is_not_scored():
    score = Doubler()

    async def sequence():
        to = batcher(score)
        first, gone, stays = (asyncio.create_task(to.predict(rows(value))) for value in (1, 2, 3))
        await asyncio.sleep(0)
        gone.cancel()
        return [scores(await task) for task in (first, stays)]

    assert asyncio.run(sequence()) == [[2], [6]]
    assert score.batches == [[1], [3]]


def test_a_first_one_that_goes_leaves_the_next_where_they_are():
    score = Doubler(3600)

    async def sequence():
        to = batcher(score)
        gone, stays = (asyncio.create_task(to.predict(rows(value))) for value in (1, 2))
        await asyncio.sleep(0.01)
        score.seconds = 0
        gone.cancel()
        return scores(await stays)

    assert asyncio.run(asyncio.wait_for(sequence(), 30)) == [4]


class Gates:
    """Scores of `x` wait until the gate of `x` is open. `now` are the batches that wait."""

    def __init__(self) -> None:
        self.gates: dict[float, asyncio.Event] = {}
        self.now: list[list[float]] = []
        self.given_up: list[list[float]] = []

    async def __call__(self, rows) -> Scores:
        values = [row.request.x for row in rows]
        self.now.append(values)
        try:
            for value in values:
                await self.gates.setdefault(value, asyncio.Event()).wait()
        except asyncio.CancelledError:
            self.given_up.append(values)
            raise
        finally:
            self.now.remove(values)
        return Scores({"x": values}, [Report() for _ in values], {"twice": np.array(values) * 2})

    async def begun(self, *values: float) -> None:
        while not all(any(value in batch for batch in self.now) for value in values):
            await asyncio.sleep(0.001)

    def open(self, value: float) -> None:
        self.gates.setdefault(value, asyncio.Event()).set()


def test_a_late_batch_holds_up_none_until_as_many_are_under_way_as_may():
    gates = Gates()

    async def sequence():
        to = batcher(gates, most=2)
        slow = asyncio.create_task(to.predict(rows(1)))
        await gates.begun(1)
        second = asyncio.create_task(to.predict(rows(2)))
        await gates.begun(1, 2)  # next to the first, which is late
        third = asyncio.create_task(to.predict(rows(3)))
        await asyncio.sleep(3 * LATE)
        assert gates.now == [[1], [2]]
        gates.open(2)
        await gates.begun(3)
        for value in (1, 3):
            gates.open(value)
        return [scores(await task) for task in (slow, second, third)]

    assert asyncio.run(asyncio.wait_for(sequence(), 30)) == [[2], [4], [6]]


def test_one_at_a_time_stays_one_at_a_time():
    gates = Gates()

    async def sequence():
        to = batcher(gates, most=1)
        first = asyncio.create_task(to.predict(rows(1)))
        await gates.begun(1)
        second = asyncio.create_task(to.predict(rows(2)))
        await asyncio.sleep(3 * LATE)
        assert gates.now == [[1]]
        gates.open(1)
        gates.open(2)
        return [scores(await task) for task in (first, second)]

    assert asyncio.run(asyncio.wait_for(sequence(), 30)) == [[2], [4]]


def test_a_batch_whose_clients_have_all_gone_is_given_up():
    gates = Gates()

    async def sequence():
        to = batcher(gates)
        gates.open(1)
        first, second, third = (asyncio.create_task(to.predict(rows(value))) for value in (1, 2, 3))
        await gates.begun(2, 3)
        second.cancel()
        await asyncio.sleep(0.01)
        assert gates.given_up == []  # somebody still waits
        third.cancel()
        while not gates.given_up:
            await asyncio.sleep(0.001)
        gates.open(4)
        return scores(await first), scores(await to.predict(rows(4)))

    assert asyncio.run(asyncio.wait_for(sequence(), 30)) == ([2], [8])
    assert gates.given_up == [[2, 3]]
