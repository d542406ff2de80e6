"""Which variant a request goes to, and the predictions that are made in the background.

The log has with each prediction how its variant was chosen: "" where one answers all, NAMED by the client, by a KEY of
the request, or by a DRAW. What a client has chosen says nothing about which variant is better: it may choose the easy
rows for one of them, and where a key goes can be learned by trying it. A draw is made again for each request, from
nothing that is in it, so there is nothing to learn. The retraining loop counts draws alone.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from capstan.rollout.state import RolloutState
from serving.errors import logged
from serving.guards.call import Call

KEY_HEADER = "x-capstan-key"
VARIANT_HEADER = "x-capstan-variant"
MAX_BACKGROUND = 64  # a challenger that is slower than the champion must not pile up work
NAMED, KEY, DRAW = "name", "key", "draw"

log = logging.getLogger("serving")


def choose(
    call: Call,
    headers: Mapping[str, str],
    state: RolloutState,
    first: Callable[[Sequence[str]], Mapping[str, Any]],
    keys: Sequence[str],
) -> str:
    """Return the role that answers a request, all rows of it, and record in the call how it was chosen.

    The same key goes to the same variant as long as the challenger stays: the header `x-capstan-key`, or else, in an
    A/B test, the entity `keys` of the first row. A canary draws where there is no header. first: returns fields of the
    first row as they came.
    """
    if (role := headers.get(VARIANT_HEADER)) is not None:
        call.routed_by = NAMED
        return role
    key, call.routed_by = headers.get(KEY_HEADER, ""), KEY
    if not key and state.traffic.mode == "ab":
        key = "|".join(str(value) for value in first(keys).values())
    elif not key:
        key, call.routed_by = secrets.token_hex(16), DRAW
    return state.traffic.variant(key, state.salt)


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
