"""Threads for what would hold up the event loop. Each capstone has its own, so that none waits for another's."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from capstan.contract.cancellation import cancelled_by

Result = TypeVar("Result")
_pools: dict[tuple[str, str], ThreadPoolExecutor] = {}


def pool(purpose: str, capstone: str, count: int = 1) -> ThreadPoolExecutor:
    """Return the threads of a capstone for one purpose. They outlive a reload."""
    key = purpose, capstone
    if key not in _pools:
        _pools[key] = ThreadPoolExecutor(count, f"{purpose}-{capstone}")
    return _pools[key]


async def run(threads: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
    """Return what some work returns. `capstan.contract.cancellation.check` ends it once this task is cancelled."""
    given_up = Event()

    def watched() -> Result:
        with cancelled_by(given_up.is_set):
            return work()

    try:
        return await asyncio.get_running_loop().run_in_executor(threads, watched)
    finally:
        given_up.set()
