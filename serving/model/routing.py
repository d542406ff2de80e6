"""Which variant a request goes to, and the predictions that are made beside the answer."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

from pydantic import BaseModel

from capstan.rollout.traffic import Traffic
from serving.errors import one_line

KEY_HEADER = "x-capstan-key"
MAX_BESIDE = 64  # a challenger that is slower than the champion must not pile up work

log = logging.getLogger("serving")


class Router:
    """Shares requests out by key, so that the same key meets the same variant.

    The key is the header `x-capstan-key`, a user's or a session's say, or else the entity keys of the first row. All
    rows of a request are answered by one variant.
    """

    def __init__(self, traffic: Traffic | None = None, keys: Sequence[str] = ()):
        self.traffic, self.keys = traffic or Traffic(), keys
        self._beside: set[asyncio.Task] = set()

    def route(self, headers: dict[str, str], request: BaseModel) -> str:
        """Return the alias that a request's key falls to."""
        if self.traffic.mode not in ("canary", "ab"):
            return "champion"
        named = headers.get(KEY_HEADER)
        return self.traffic.variant(named or "|".join(str(getattr(request, key)) for key in self.keys))

    def beside(self, work: Callable[[], Coroutine], name: str) -> None:
        """Do some work after the answer has gone out; past MAX_BESIDE at a time it is left undone, with a warning."""
        if len(self._beside) >= MAX_BESIDE:
            log.warning("%s: a shadow prediction was left out, %d are under way", name, MAX_BESIDE)
            return
        task = asyncio.create_task(self._quietly(work, name))
        self._beside.add(task)  # the loop keeps no reference of its own
        task.add_done_callback(self._beside.discard)

    async def _quietly(self, work: Callable[[], Coroutine], name: str) -> None:
        try:
            await work()
        except Exception as error:
            log.warning("%s: a shadow prediction failed: %s", name, one_line(str(error)))
