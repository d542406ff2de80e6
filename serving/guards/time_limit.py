"""A prediction takes so long at most, from its first byte to the last of its answer."""

import asyncio

from serving.errors import TooSlow
from serving.guards.call import Call, Kind


class TimeLimit:
    """Gives up predictions after `seconds`; loading a model may take longer.

    It ends what waits: for a body that trickles in, the online store, the log. What computes, a model in the middle of
    its batch, ends by itself.
    """

    def __init__(self, seconds: float):
        self.seconds = seconds

    async def __call__(self, call: Call, proceed):
        """Raises TooSlow."""
        if call.kind is not Kind.PREDICT:
            return await proceed()
        try:
            async with asyncio.timeout(self.seconds) as limit:
                return await proceed()
        except TimeoutError:
            if limit.expired():
                raise TooSlow(f"The request took longer than {self.seconds:g} s and was given up.") from None
            raise
