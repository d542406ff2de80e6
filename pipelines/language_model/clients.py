"""Clients of the endpoint, as many at a time as wanted: what each text took, and how it ended."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from capstan.errors import CapstanError

NAME = "language_model"
PATH = f"/v2/models/{NAME}/generate_stream"
SECONDS = 600  # that a text may take


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
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, limits=limits) as connection:
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
        lines = httpx.get(f"{url}/metrics").raise_for_status().text.splitlines()
        httpx.get(f"{url}/v2/models/{NAME}/ready").raise_for_status()
    except httpx.HTTPError as error:
        raise CapstanError(f"{url} does not serve {NAME} ({error}). Run `capstan run {NAME}` first.") from None
    prefix = 'capstan_engine{counted="'
    named = (line.removeprefix(prefix) for line in lines if line.startswith(prefix) and f'model="{NAME}"' in line)
    return {line.partition('"')[0]: float(line.rpartition(" ")[2]) for line in named}
