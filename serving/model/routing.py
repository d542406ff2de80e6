"""Which variant a request goes to, and the predictions that are made in the background."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from serving.errors import logged

KEY_HEADER = "x-capstan-key"
VARIANT_HEADER = "x-capstan-variant"
MAX_BACKGROUND = 64  # a challenger that is slower than the champion must not pile up work

log = logging.getLogger("serving")


def key_of(headers: Mapping[str, str], first: Callable[[], Mapping[str, Any]]) -> str:
    """Return the key of a request: the header `x-capstan-key`, or else the entity keys of its first row.

    `first` returns those as they came. All rows of a request go to one variant, and the same key always goes to the
    same.
    """
    return headers.get(KEY_HEADER) or "|".join(str(value) for value in first().values())


class Background:
    """Work that goes on after the answer has gone out; past MAX_BACKGROUND at a time it is left out, with a warning."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        """Start some work, which may fail."""
        if len(self._tasks) >= MAX_BACKGROUND:
            log.warning("%s: a shadow prediction was left out, %d are under way", name, MAX_BACKGROUND)
            return
        task = asyncio.create_task(self._log_failure(work, name))
        self._tasks.add(task)  # the loop keeps only a weak reference
        task.add_done_callback(self._tasks.discard)

    async def _log_failure(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        try:
            await work()
        except Exception as error:
            log.warning("%s: a shadow prediction failed: %s", name, logged(error))
