"""Clients of the endpoint: many at a time, what each text took and how it ended, and a mixed load with a burst."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import string
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from capstan.data.files import read_json
from capstan.errors import CapstanError
from capstan.settings import settings

NAME = "language_model"
PATH = f"/v2/models/{NAME}/generate_stream"
SECONDS = 600  # that a text may take
TOKENS = 200
SPEAKERS = (
    "ROMEO", "JULIET", "GREMIO", "KATHARINA", "PROSPERO", "MIRANDA", "First Citizen", "MENENIUS",
    "CORIOLANUS", "DUKE VINCENTIO", "ISABELLA", "LEONTES", "HERMIONE", "GLOUCESTER", "KING RICHARD II", "Nurse",
)  # fmt: skip
OPENINGS = (
    "What say you to", "I cannot tell, my lord, ", "Speak, I charge thee", "Good morrow", "O, that I were",
    "If thou hast seen my", "By heaven, ", "Let him come in, and", "My father's house", "Not so, sir. The",
    "When last we met", "Away! ", "There is no more", "The king himself", "How now", "Sweet lady, ",
)  # fmt: skip
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


@dataclass(frozen=True)
class Text:
    """One that was streamed. first, whole: seconds to the first part and to the last. tokens: that were made."""

    status: int
    first: float
    whole: float
    tokens: int


def ask_all(url: str, rows: Sequence[Mapping[str, Any]], clients: int) -> tuple[list[Text], float]:
    """Ask for the texts of rows, so many clients at a time; return them as they ended, and the seconds of all."""
    start = time.monotonic()
    texts = asyncio.run(_ask_all(url, rows, clients))
    return texts, time.monotonic() - start


async def _ask_all(url: str, rows: Sequence[Mapping[str, Any]], clients: int) -> list[Text]:
    left = iter(rows)
    texts: list[Text] = []

    async def client(connection: httpx.AsyncClient) -> None:
        for row in left:
            texts.append(await ask(connection, row))

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, limits=limits, trust_env=False) as connection:
        await asyncio.gather(*(client(connection) for _ in range(clients)))
    return texts


async def ask(connection: httpx.AsyncClient, row: Mapping[str, Any], parts: int | None = None) -> Text:
    """Stream one text. parts: after so many the client leaves."""
    start, first, tokens, seen = time.monotonic(), 0.0, 0, 0
    async with connection.stream("POST", PATH, json=row) as reply:
        if reply.is_error:
            await reply.aread()
            return Text(reply.status_code, 0.0, time.monotonic() - start, 0)
        async for line in reply.aiter_lines():
            if not line.startswith("data: "):
                continue
            part = json.loads(line.removeprefix("data: "))
            if "error" in part:
                return Text(500, first, time.monotonic() - start, 0)
            first, tokens, seen = first or time.monotonic() - start, part.get("tokens", tokens), seen + 1
            if seen == parts:
                break
    return Text(reply.status_code, first, time.monotonic() - start, tokens)


def counted(url: str) -> dict[str, float]:
    """Return what the engine of the endpoint counts. Raises CapstanError where there is no such endpoint."""
    try:
        lines = httpx.get(f"{url}/metrics", trust_env=False).raise_for_status().text.splitlines()
        httpx.get(f"{url}/v2/models/{NAME}/ready", trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise CapstanError(f"{url} does not serve {NAME} ({error}). Run `capstan run {NAME}` first.") from None
    prefix = 'capstan_engine{counted="'
    named = (line.removeprefix(prefix) for line in lines if line.startswith(prefix) and f'model="{NAME}"' in line)
    return {line.partition('"')[0]: float(line.rpartition(" ")[2]) for line in named}


def rows(count: int, seed: int) -> list[dict[str, object]]:
    """Return requests, drawn at random: one of 16 speakers begins with one of 16 openings."""
    draw = random.Random(seed)
    beginnings = (f"{draw.choice(SPEAKERS)}:\n{draw.choice(OPENINGS)}" for _ in range(count))
    return [{"prompt": text, "max_tokens": TOKENS, "seed": number} for number, text in enumerate(beginnings)]


def mixed(seed: int) -> Iterator[tuple[str, dict[str, Any], int | None]]:
    """Yield requests without end: what kind, the row, and the parts after which the client leaves."""
    draw, beginnings = random.Random(seed), rows(500, seed)
    while True:
        row = {**draw.choice(beginnings), "seed": draw.randrange(2**31)}
        row["max_tokens"] = draw.choice((1, 20, 200, 600))
        kind = draw.choice(("plain", "plain", "never stops", "schema", "leaves", "log probabilities", "refused"))
        more: dict[str, dict[str, Any]] = {
            "never stops": {"stop": ["\u2603 never comes"]},
            "schema": {"json_schema": SCHEMA, "max_tokens": 60},
            "log probabilities": {"logprobs": True, "top_logprobs": 3},
            "leaves": {"max_tokens": 1_000},
        }
        if kind == "refused":
            yield kind, draw.choice(REFUSED), None
        else:
            yield kind, row | more.get(kind, {}), draw.randint(1, 30) if kind == "leaves" else None


def fill(url: str) -> None:
    """Ask with long prompts, no two alike, until all pages have been used."""
    kept = -1.0
    for seed in itertools.count():
        prompt = "".join(random.Random(seed).choices(string.ascii_letters, k=2_000))
        ask_all(url, [{"prompt": prompt, "max_tokens": 1}], 1)
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

    async def sent(connection: httpx.AsyncClient, kind: str, row: dict[str, Any], parts: int | None) -> None:
        try:
            status = (await ask(connection, row, parts)).status
        except httpx.HTTPError:
            status = UNANSWERED
        ended[kind, status] += 1

    async def client(number: int, connection: httpx.AsyncClient) -> None:
        for request in mixed(number):
            if time.monotonic() > until:
                return
            await sent(connection, *request)

    async def burst(connection: httpx.AsyncClient) -> None:
        await asyncio.sleep(60 * minutes * 0.3)
        short = [{**row, "max_tokens": 5} for row in rows(at_once, 7)]
        await asyncio.gather(*(sent(connection, f"{at_once:,} at once", row, None) for row in short))

    limits = httpx.Limits(max_connections=at_once + CLIENTS)
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, limits=limits, trust_env=False) as connection:
        await ask(connection, rows(1, 999)[0])  # loads the model: an engine counts from its first text on
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
