"""Which variant a request goes to, and the predictions that are made in the background.

The log has with each prediction how its variant was chosen: "" where one answers all, NAMED by the client, by the
client's KEY, or by a DRAW. What a client has chosen says nothing about which variant is better: it may choose the easy
rows for one of them. Nobody can compute a draw. So the circle counts draws alone, each once. SECURITY.md says what a
client can still learn of draws by trying.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import draw_id
from serving.errors import logged
from serving.guards.call import Call

KEY_HEADER = "x-capstan-key"
VARIANT_HEADER = "x-capstan-variant"
MAX_BACKGROUND = 64  # a challenger that is slower than the champion must not pile up work

log = logging.getLogger("serving")


NAMED, KEY, DRAW = "name", "key", "draw"


def choose(
    call: Call,
    headers: Mapping[str, str],
    state: RolloutState,
    first: Callable[[Sequence[str]], Mapping[str, Any]],
    keys: Sequence[str],
    fields: Sequence[str],
) -> str:
    """Return the role that answers a request, all rows of it, and record in the call how it was chosen.

    The same key goes to the same variant as long as the challenger stays: the header `x-capstan-key`, or else, in an
    A/B test, the entity `keys` of the first row; in a canary, all its `fields`, so that the next request about the same
    entity is another draw. first: returns fields of the first row as they came.
    """
    if (role := headers.get(VARIANT_HEADER)) is not None:
        call.routed_by = NAMED
        return role
    key = headers.get(KEY_HEADER, "")
    call.routed_by = KEY if key else DRAW
    if not key:
        values = first(keys if state.traffic.mode == "ab" else fields)
        key = "|".join(str(value) for value in values.values())
        call.draw = draw_id(key, state.salt) if state.salt else ""
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
