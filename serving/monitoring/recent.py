"""What was read a moment ago. Reading needs no token, so a client that asks in a loop must hold up nothing else."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SECONDS, THREADS = 2.0, 2


class Recent:
    """Works out an answer once for all who ask within some seconds, in threads that predictions do not use."""

    def __init__(self, seconds: float = SECONDS, threads: int = THREADS):
        self._seconds, self._pool = seconds, ThreadPoolExecutor(threads, "console")
        self._begun: dict[str, asyncio.Future[Any]] = {}
        self._done: dict[str, float] = {}

    async def get(self, key: str, work: Callable[[], Any]) -> Any:
        """Return what `work` returned lately, or now. Keys are few. Raises what `work` raises."""
        begun = self._begun.get(key)
        if begun is None or (begun.done() and time.monotonic() > self._done[key] + self._seconds):
            begun = self._begun[key] = asyncio.get_running_loop().run_in_executor(self._pool, work)
            begun.add_done_callback(lambda _: self._done.__setitem__(key, time.monotonic()))
            self._done[key] = time.monotonic()
        return await asyncio.shield(begun)  # others wait for it, too

    def forget(self) -> None:
        """Work out everything again when it is asked for next."""
        self._begun.clear()
