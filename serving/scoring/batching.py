"""Dynamic batching: requests that arrive together are predicted as one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from capstan.errors import CapstanError
from serving.schema.rows import Row
from serving.scoring.scorer import Scores

Waiting = tuple[Sequence[Row], "asyncio.Future[Scores]"]  # a request's rows, and where its scores go
Batch = list[Waiting]
Score = Callable[[Sequence[Row]], Awaitable[Scores]]
Observe = Callable[[float], None]
LATE = 0.1  # seconds; a batch that takes longer does not hold up the next


class Batcher:
    """Collects requests and scores them in batches of at most `max_rows` rows. A larger request goes alone.

    A batch waits up to `delay` seconds, but only for as many requests as were under way together lately. A single
    client thus never waits, and its requests skip the queue. Requests that arrive during a batch form the next one,
    which starts once the batch ends or is LATE, with at most `most` side by side. With `max_rows` of 1 there are no
    batches. `requests` and `rows` observe the size of each batch.
    """

    def __init__(self, score: Score, max_rows: int, delay: float, requests: Observe, rows: Observe, most: int = 1):
        self.score, self.max_rows, self.delay, self.most = score, max_rows, delay, most
        self._observe_requests, self._observe_rows = requests, rows
        self._waiting: deque[Waiting] = deque()
        self._rows = 0  # that wait
        self._expected = 1  # requests
        self._timer: asyncio.Handle | None = None  # of the batch that is being collected
        self._turn: asyncio.Handle | None = None  # until the loop has gone round after a request that went alone
        self._started = 0.0  # when the latest batch did, by the loop's clock
        self._late: asyncio.Handle | None = None  # until the latest batch is late
        self._scoring = 0  # batches
        self._tasks: dict[asyncio.Task[None], Batch] = {}

    @property
    def waiting(self) -> int:
        """How many requests wait for their batch to start."""
        return len(self._waiting)

    async def predict(self, rows: Sequence[Row]) -> Scores:
        """Return the scores of one request's rows. Raises what `score` raises for them."""
        if self.max_rows == 1:
            return await self.score(rows)
        loop = asyncio.get_running_loop()
        if self._expected == 1 and not (self._scoring or self._timer or self._turn):
            # Alone. The requests that the loop has received already find this turn not over, and become a batch; a
            # model that answers within one turn would otherwise never see two requests at a time.
            self._turn = loop.call_soon(self._end_turn)
            self._scoring, self._started = 1, loop.time()
            self._observe_requests(1)
            self._observe_rows(len(rows))
            try:
                return await self.score(rows)
            finally:
                self._end(1)
        done: asyncio.Future[Scores] = loop.create_future()
        self._waiting.append((rows, done))
        self._rows += len(rows)
        if not self._scoring:
            if self._timer is None:  # after the requests that the loop has received already
                self._timer = loop.call_soon(self._collect)
            elif self._complete():
                self._timer.cancel()
                self._timer = loop.call_soon(self._start)
        else:
            self._watch()
        try:
            return await done
        except asyncio.CancelledError:
            self._leave()
            raise

    def _end_turn(self) -> None:
        self._turn = None

    def _end(self, requests: int) -> None:
        self._scoring -= 1
        self._expected = requests + len(self._waiting)
        if self._waiting and self._timer is None:
            self._collect()

    def _watch(self) -> None:
        """Have those that wait overtake the latest batch once it is late."""
        if self._waiting and self._late is None and 0 < self._scoring < self.most:
            self._late = asyncio.get_running_loop().call_at(self._started + LATE, self._overtake)

    def _overtake(self) -> None:
        self._late = None
        if self._scoring and asyncio.get_running_loop().time() >= self._started + LATE:
            self._start()
        else:
            self._watch()

    def _leave(self) -> None:
        """Give up batches whose clients have all gone."""
        for task, batch in self._tasks.items():
            if all(done.cancelled() for _, done in batch):
                task.cancel()

    def _complete(self) -> bool:
        return self._rows >= self.max_rows or len(self._waiting) >= self._expected

    def _collect(self) -> None:
        if self.delay and not self._complete():
            self._timer = asyncio.get_running_loop().call_later(self.delay, self._start)
        else:
            self._start()

    def _start(self) -> None:
        self._timer = None
        if self._scoring < self.most and (batch := self._take()):
            self._scoring += 1
            self._started = asyncio.get_running_loop().time()
            task = asyncio.create_task(self._run(batch))
            self._tasks[task] = batch  # the loop itself keeps no reference
            task.add_done_callback(self._tasks.pop)
            self._watch()

    def _take(self) -> Batch:
        batch: Batch = []
        taken = 0
        while self._waiting and (not taken or taken + len(self._waiting[0][0]) <= self.max_rows):
            rows, done = self._waiting.popleft()
            self._rows -= len(rows)
            if not done.done():  # the client has not gone
                batch.append((rows, done))
                taken += len(rows)
        return batch

    async def _run(self, batch: Batch) -> None:
        try:
            await self._answer(batch)
        except Exception as error:
            await self._after(error, batch)
        finally:
            self._end(len(batch))

    async def _answer(self, batch: Batch) -> None:
        together = [row for rows, _ in batch for row in rows]
        self._observe_requests(len(batch))
        self._observe_rows(len(together))
        scores, start = await self.score(together), 0
        for rows, done in batch:
            stop = start + len(rows)
            if not done.done():
                done.set_result(scores if len(batch) == 1 else scores.part(start, stop))
            start = stop

    async def _after(self, error: Exception, batch: Batch) -> None:
        """Fail a request that was alone, and all requests when they share the reason. Else score each by itself, so
        that rows that the model cannot take fail only their own request."""
        if len(batch) > 1 and not isinstance(error, CapstanError):
            for single in batch:
                try:
                    await self._answer([single])
                except Exception as own:
                    await self._after(own, [single])
            return
        for _, done in batch:
            if not done.done():
                done.set_exception(error)
