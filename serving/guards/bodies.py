"""Bodies are read before a request takes one of the places of `Concurrency`, so that slow clients hold up nobody."""

import asyncio
from typing import Any

from serving.errors import BodyTooSlow, Overloaded
from serving.guards.call import Answer, Call, Kind


class Bodies:
    """Gives a body `seconds` to arrive, and all bodies together `max_bytes`. gRPC has read its messages already."""

    def __init__(self, seconds: float, max_bytes: int):
        self.seconds, self.max_bytes = seconds, max_bytes
        self._held = 0  # bytes of the bodies that are arriving or being answered

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises BodyTooSlow and Overloaded."""
        if call.body is None or call.kind is Kind.PROBE:
            return await proceed()
        held = 0
        try:
            try:
                async with asyncio.timeout(self.seconds):
                    while size := await call.body.read():
                        held += size
                        self._held += size
                        if self._held > self.max_bytes:
                            raise Overloaded(f"The bodies of all requests are over {self.max_bytes} bytes.", 1)
            except TimeoutError:
                raise BodyTooSlow(f"The body took longer than {self.seconds:g} s to arrive.") from None
            call.size = held
            return await proceed()
        finally:
            self._held -= held
