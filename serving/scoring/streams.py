"""The parts of a stream, which the event loop takes one by one; a generator makes them in its own thread."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

from capstan.settings import settings

WAITING = 16  # parts that may wait for the client; then the model waits as well


class ClientLeft(Exception):
    """Nobody reads the stream any more."""


class Parts(ABC):
    """What a stream has made and its client has not read. Made on the event loop that reads it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parts: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()

    async def next(self) -> tuple[bool, Any]:
        """Return whether there is a part, and the part. Raises what the model raised, and ClientLeft."""
        more, part = await self._parts.get()
        if isinstance(part, Exception):
            raise part
        return more, part

    def put(self, more: bool, part: object) -> None:
        """Add a part, or the end: an exception, or None. For other threads."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._parts.put_nowait, (more, part))

    def leave(self) -> None:
        """Have `next` raise ClientLeft."""
        self._parts.put_nowait((False, ClientLeft()))

    @abstractmethod
    def close(self) -> None:
        """Stop the model: nobody reads its parts."""


class PartStream(Parts):
    """The parts that a model's generator yields, for a model without an engine.

    The generator runs in one thread from start to end. `close` ends it at its next part.
    """

    def __init__(self, start: Callable[[], Iterator[Any]]):
        super().__init__()
        self._space = threading.Semaphore(WAITING)
        self._closed = False
        _threads().submit(self._run, start)

    async def next(self) -> tuple[bool, Any]:
        """Return whether there is a part, and the part. Raises what the generator raises, and ClientLeft."""
        more, part = await super().next()
        self._space.release()
        return more, part

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
                    self.put(True, part)
            finally:
                if close := getattr(parts, "close", None):
                    close()
        except Exception as error:
            self.put(False, error)
        else:
            self.put(False, None)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings().max_concurrent, "stream")
