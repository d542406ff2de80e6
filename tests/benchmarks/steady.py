"""Requests at a steady rate, whether or not the server keeps up (wrk can only ask as fast as it is answered)."""

import asyncio
import json
import time
from array import array
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

import uvloop

CONNECTIONS = 64


@dataclass
class Answers:
    """Milliseconds from when each request was due to when it was answered, and the answers that were no 200."""

    milliseconds: array = field(default_factory=lambda: array("d"))
    errors: list[str] = field(default_factory=list)


def ask(url: str, bodies: list[dict], rate: float, seconds: float) -> Answers:
    """Send `rate` requests a second over kept connections; one that all are too busy for is sent late."""
    return uvloop.run(_ask(url, bodies, rate, seconds))


async def _ask(url: str, bodies: list[dict], rate: float, seconds: float) -> Answers:
    parts, answers, numbers = urlsplit(url), Answers(), count()
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: "
    requests = [f"{head}{len(body)}\r\n\r\n{body}".encode() for body in map(json.dumps, bodies)]
    start = time.perf_counter() + 0.1

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for number in numbers:
            due = start + number / rate
            if due >= start + seconds:
                break
            await asyncio.sleep(due - time.perf_counter())
            writer.write(requests[number % len(requests)])
            status, body = await _answer(reader)
            answers.milliseconds.append((time.perf_counter() - due) * 1e3)
            if status != 200:
                answers.errors.append(f"{status}: {body[:200]!r}")
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return answers


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)
