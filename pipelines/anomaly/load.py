"""`python -m pipelines.anomaly.load`: how many events a second the endpoint takes, and how long a batch waits.

It sends batches to the endpoint of `capstan run anomaly`, and writes `load.json` into the folder that it is given:
first as fast as answers come, then at a steady rate that does not wait for answers. A batch's time counts from the
instant at which it was due. The generator runs on the same machine.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from capstan.settings import settings
from models.study import Line, Study, markdown, options

FOLDER = Path(__file__).parent
STREAMS, GOAL = 100, 5_000  # events a second
CONNECTIONS = 4


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

    async with httpx.AsyncClient(base_url=settings().endpoint_url, timeout=60) as client:
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

    async with httpx.AsyncClient(base_url=settings().endpoint_url, timeout=120) as client:
        start = time.perf_counter() + 1
        await asyncio.gather(*(sender(which) for which in range(CONNECTIONS)))
        kept = number * size / (time.perf_counter() - start)
    median, high = (round(1_000 * float(one), 1) for one in np.quantile(waits, [0.5, 0.99]))
    return {"kept": round(kept), "p50": median, "p99": high}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    cells = {
        "events a second, at most": lambda rows: f"{rows['events'].iloc[0]:,.0f}",
        f"p50 at {GOAL // 2:,} a second": lambda rows: f"{rows['p50'].iloc[0]:,.0f} ms",
        "p99": lambda rows: f"{rows['p99'].iloc[0]:,.0f} ms",
        "kept, a second": lambda rows: f"{rows['kept'].iloc[0]:,.0f}",
    }
    return markdown(results, {"events of a batch": "size", "of streams": "of"}, cells)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    study = Study(given.out / "load.json", ["size", "of"])
    for size, of in ((50, 5), (250, 5), (1_000, 10), (1_000, 100)):
        line = asyncio.run(fastest(size, of, given.seconds))
        line |= asyncio.run(steady(size, of, GOAL / 2, given.seconds))
        study.add({"size": size, "of": of} | line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
