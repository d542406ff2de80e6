"""A model's stream, run in its own thread: the event loop takes its parts one by one."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

from capstan.settings import settings

WAITING = 16  # parts that may wait for the client; then the model waits as well


class ClientLeft(Exception):
    """Nobody reads the stream any more."""


class PartStream:
    """The parts that a model's generator yields.

    The generator runs in one thread from start to end. `close` ends it at its next part.
    """

    def __init__(self, start: Callable[[], Iterator[Any]]):
        self._loop = asyncio.get_running_loop()
        self._parts: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
        self._space = threading.Semaphore(WAITING)
        self._closed = False
        _threads().submit(self._run, start)

    async def next(self) -> tuple[bool, Any]:
        """Return whether there is a part, and the part. Raises what the generator raises, and ClientLeft."""
        more, part = await self._parts.get()
        if isinstance(part, Exception):
            raise part
        self._space.release()
        return more, part

    def leave(self) -> None:
        """Have `next` raise ClientLeft."""
        self._parts.put_nowait((False, ClientLeft()))

    def close(self) -> None:
        """Stop the generator. It is closed in its thread, at its next part."""
        self._closed = True
        self._space.release()

    def _run(self, start: Callable[[], Iterator[Any]]) -> None:
        try:
            if self._closed:
                return
            parts = start()
            try:
                for part in parts:
                    self._space.acquire()
                    if self._closed:
                        return
                    self._put(True, part)
            finally:
                if close := getattr(parts, "close", None):
                    close()
        except Exception as error:
            self._put(False, error)
        else:
            self._put(False, None)

    def _put(self, more: bool, part: object) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._parts.put_nowait, (more, part))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings().max_concurrent, "stream")
