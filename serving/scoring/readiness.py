"""Whether the online store answers: asked at most once a second, for all probes together."""

import asyncio
import time
from collections.abc import Callable

from capstan.errors import Unavailable

SECONDS = 1.0  # how long an answer holds, and how long a probe waits for one


class StoreProbe:
    """Asks with `check`, a blocking function that raises Unavailable."""

    def __init__(self, check: Callable[[], None]):
        self.check = check
        self._asking: asyncio.Future[None] | None = None
        self._asked = 0.0

    async def problem(self) -> str | None:
        """Return why the store cannot be used, or None."""
        if self._asking is None or (self._asking.done() and time.monotonic() - self._asked > SECONDS):
            # A store that hangs holds one thread, not one for each probe: the next question waits for this one's end.
            self._asking, self._asked = asyncio.ensure_future(asyncio.to_thread(self.check)), time.monotonic()
            self._asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
        try:
            await asyncio.wait_for(asyncio.shield(self._asking), SECONDS)
        except TimeoutError:
            return f"The online store has not answered within {SECONDS:g} s."
        except Unavailable as error:
            return str(error)
        return None
