"""`python -m pipelines.language_model.soak`: ten minutes of mixed load on the endpoint, and what is left of its pages.

Clients ask for texts of all lengths, held to JSON schemas, with stop strings that never come, and some leave in the
middle. Others send what is refused. In the third minute there are 1,000 requests at once. Memory and pages are read
each second; after the last text no page may be held. Before it begins, long prompts fill all pages: their memory is
taken when they are first used, and would look like a leak. It writes `soak.json`.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import string
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import psutil

from capstan.data.files import read_json
from capstan.settings import settings
from models.study import Study, markdown, options
from pipelines.language_model import clients
from pipelines.language_model.clients import counted
from pipelines.language_model.compare import where
from pipelines.language_model.load import rows

CLIENTS = 24
AT_ONCE = 1_000
UNANSWERED = 0  # in the place of a status
SCHEMA = '{"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}, "required": ["name"]}'
DEEP = '{"type": "array", "items": ' * 300 + "{}" + "}" * 300
REFUSED: list[dict[str, Any]] = [
    {"prompt": ""},
    {"prompt": "x" * 2_001},
    {"prompt": "x", "max_tokens": 10**9},
    {"prompt": "x", "json_schema": DEEP},
    {"prompt": "x", "json_schema": '{"type": "string", "minLength": 9, "maxLength": 2}'},
    {"prompt": "x", "stop": ["" for _ in range(5)]},
    {"prompt": 5},
]


def mixed(seed: int) -> Iterator[tuple[str, dict[str, Any], int | None]]:
    """Yield requests without end: what kind, the row, and the parts after which the client leaves."""
    chance, beginnings = random.Random(seed), rows(500, seed)
    while True:
        row = {**chance.choice(beginnings), "seed": chance.randrange(2**31)}
        row["max_tokens"] = chance.choice((1, 20, 200, 600))
        kind = chance.choice(("plain", "plain", "never stops", "schema", "leaves", "log probabilities", "refused"))
        more: dict[str, dict[str, Any]] = {
            "never stops": {"stop": ["\u2603 never comes"]},
            "schema": {"json_schema": SCHEMA, "max_tokens": 60},
            "log probabilities": {"logprobs": True, "top_logprobs": 3},
            "leaves": {"max_tokens": 1_000},
        }
        if kind == "refused":
            yield kind, chance.choice(REFUSED), None
        else:
            yield kind, row | more.get(kind, {}), chance.randint(1, 30) if kind == "leaves" else None


def fill(url: str) -> None:
    """Ask with long prompts, no two alike, until all pages have been used."""
    kept = -1.0
    for seed in itertools.count():
        prompt = "".join(random.Random(seed).choices(string.ascii_letters, k=2_000))
        clients.ask_all(url, [{"prompt": prompt, "max_tokens": 1}], 1)
        before, kept = kept, counted(url)["pages kept"]
        if kept <= before:
            return


class Watch:
    """The memory of the endpoint's process, in bytes, and the pages that are held, read each second."""

    def __init__(self, url: str):
        self.url = url
        self.process = psutil.Process(read_json(settings().home / "run" / "endpoint.json")["pid"])
        self.samples: list[dict[str, float]] = []

    async def read(self, until: float) -> None:
        """Read until an instant."""
        begun = time.monotonic()
        while time.monotonic() < until:
            now = await asyncio.to_thread(counted, self.url)
            minute = int((time.monotonic() - begun) / 60)
            self.samples.append({"minute": minute, "memory": self.process.memory_info().rss, **now})
            await asyncio.sleep(1)


async def load(
    url: str, minutes: float, at_once: int = AT_ONCE
) -> tuple[Counter[tuple[str, int]], list[dict[str, float]]]:
    """Return how many requests of each kind had which status, and what was read each second."""
    ended: Counter[tuple[str, int]] = Counter()

    async def ask(connection: httpx.AsyncClient, kind: str, row: dict[str, Any], parts: int | None) -> None:
        try:
            status = (await clients.ask(connection, row, parts)).status
        except httpx.HTTPError:
            status = UNANSWERED
        ended[kind, status] += 1

    async def client(number: int, connection: httpx.AsyncClient) -> None:
        for request in mixed(number):
            if time.monotonic() > until:
                return
            await ask(connection, *request)

    async def burst(connection: httpx.AsyncClient) -> None:
        await asyncio.sleep(60 * minutes * 0.3)
        short = [{**row, "max_tokens": 5} for row in rows(at_once, 7)]
        await asyncio.gather(*(ask(connection, f"{at_once:,} at once", row, None) for row in short))

    limits = httpx.Limits(max_connections=at_once + CLIENTS)
    async with httpx.AsyncClient(base_url=url, timeout=clients.SECONDS, limits=limits) as connection:
        await clients.ask(connection, rows(1, 999)[0])  # loads the model: an engine counts from its first text on
        watch, until = Watch(url), time.monotonic() + 60 * minutes
        every = [client(number, connection) for number in range(CLIENTS)]
        await asyncio.gather(*every, burst(connection), watch.read(until))
    return ended, watch.samples


def left(url: str) -> dict[str, float]:
    """Return what the engine counts when its last stream has ended, or after ten seconds."""
    end = time.monotonic() + 10
    while (now := counted(url))["running"] + now["waiting"] and time.monotonic() < end:
        time.sleep(0.2)
    return now


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    return markdown(results, {"what": "what"}, {"count": lambda rows: f"{rows['count'].iloc[0]:,g}"})


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    url = settings().endpoint_url
    counted(url)
    fill(url)
    ended, samples = asyncio.run(load(url, given.minutes))
    study, seconds = Study(given.out / "soak.json", ["what"]), pd.DataFrame(samples)
    by_minute, after = seconds.groupby("minute")["memory"].median(), left(url)
    study.add(
        *({"what": f"{kind}: {status}", "count": count} for (kind, status), count in sorted(ended.items())),
        *({"what": f"MB, minute {minute + 1}", "count": round(each / 1e6)} for minute, each in by_minute.items()),
        {"what": "most pages held", "count": int(seconds["pages held"].max())},
        *({"what": f"{name}, after the last text", "count": int(count)} for name, count in after.items()),
        {"what": "minutes", "count": given.minutes} | where(),
    )
    print(tables(study.table()))
    lost = after["pages held"] or after["running"] or after["waiting"]
    print("No page is lost." if not lost else f"Lost: {after}")


if __name__ == "__main__":
    main()
