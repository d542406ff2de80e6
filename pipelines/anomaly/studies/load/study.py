"""How many events a second does the endpoint take, and how long does a batch wait?

It sends batches to the endpoint of `capstan run anomaly`: first as fast as answers come, then at a steady rate that
does not wait for answers. A batch's time counts from the instant at which it was due. The generator runs on the same
machine.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import httpx
import numpy as np

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show

STREAMS, GOAL = 100, 5_000  # events a second
CONNECTIONS, SECONDS = 4, 8.0
SIZES = ((50, 5), (250, 5), (1_000, 10), (1_000, 100))  # events of a batch, of so many streams


def batches(size: int, of: int, name: str) -> Iterator[bytes]:
    """Yield bodies of `size` events without end, of `of` streams each, in turn over all streams."""
    clock, turn = 0, 0
    while True:
        clock += 1
        streams = [(turn + place) % STREAMS for place in range(of)]
        turn += of
        events = [
            {
                "stream": f"load/{name}/{stream}",
                "time": f"{2_000 + clock // 8_640_000}-01-01T{clock // 360_000 % 24:02}:{clock // 6_000 % 60:02}:"
                f"{clock // 100 % 60:02}.{clock % 100:02}{place:04}Z",
                "value": float((clock + place) % 17),
            }
            for place in range(size // of)
            for stream in streams
        ]
        yield json.dumps({"events": events}).encode()


async def send(client: httpx.AsyncClient, body: bytes) -> None:
    """Send one batch. Raises CapstanError when it is refused."""
    reply = await client.post("/v1/models/anomaly:events", content=body)
    if reply.status_code != 200:
        raise CapstanError(f"The endpoint answers {reply.status_code}: {reply.text[:200]}")


async def fastest(size: int, of: int, seconds: float) -> Line:
    """Return how many events a second are taken, each connection sending its next batch when one is answered."""
    count = 0

    async def sender(number: int) -> None:
        nonlocal count
        bodies = batches(size, of, f"fast-{size}-{of}-{number}-{time.time_ns()}")
        while time.perf_counter() < end:
            await send(client, next(bodies))
            count += size

    async with httpx.AsyncClient(base_url=settings().endpoint_url, timeout=60, trust_env=False) as client:
        await send(client, next(batches(size, of, f"warm-{time.time_ns()}")))
        start = time.perf_counter()
        end = start + seconds
        await asyncio.gather(*(sender(number) for number in range(CONNECTIONS)))
        return {"events": round(count / (time.perf_counter() - start))}


async def steady(size: int, of: int, rate: float, seconds: float) -> Line:
    """Return the waits of batches that are sent at a rate, in milliseconds, and the rate that was kept."""
    number, mark, waits = int(rate * seconds / size), time.time_ns(), list[float]()

    async def sender(which: int) -> None:
        bodies = batches(size, of, f"steady-{size}-{of}-{which}-{mark}")
        ready = [(start + place * size / rate, next(bodies)) for place in range(which, number, CONNECTIONS)]
        for due, body in ready:  # of a stream the values come in order: one connection sends them all
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            await send(client, body)
            waits.append(time.perf_counter() - due)

    async with httpx.AsyncClient(base_url=settings().endpoint_url, timeout=120, trust_env=False) as client:
        start = time.perf_counter() + 1
        await asyncio.gather(*(sender(which) for which in range(CONNECTIONS)))
        kept = number * size / (time.perf_counter() - start)
    median, high = (round(1_000 * float(wait), 1) for wait in np.quantile(waits, [0.5, 0.99]))
    return {"kept": round(kept), "p50": median, "p99": high}


def endpoint(size: int, of: int) -> Line:
    """Return how many events are taken, and how long batches wait at half of the goal."""
    return asyncio.run(fastest(size, of, SECONDS)) | asyncio.run(steady(size, of, GOAL / 2, SECONDS))


def milliseconds(name: str) -> Show:
    """Return what shows a time."""
    return lambda rows: f"{rows[name].iloc[0]:,.0f} ms"


def whole(name: str) -> Show:
    """Return what shows a number of events."""
    return lambda rows: f"{rows[name].iloc[0]:,.0f}"


COLUMNS: dict[str, Show] = {
    "events a second, at most": whole("events"),
    f"p50 at {GOAL // 2:,} a second": milliseconds("p50"),
    "p99": milliseconds("p99"),
    "kept, a second": whole("kept"),
}

STUDY = Study(
    measures=[Measure(endpoint, [{"size": size, "of": of} for size, of in SIZES])],
    tables=[Table({"events of a batch": "size", "of streams": "of"}, COLUMNS)],
    seeds=0,
)
