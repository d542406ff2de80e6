"""A limit on the time of a prediction, from the last byte of the request to the last byte of the answer."""

import asyncio
from typing import Any

from serving.errors import TooSlow
from serving.guards.call import Answer, Call, Kind


class TimeLimit:
    """Gives up predictions after the seconds that their model states, at most `seconds`.

    Loading a model may take longer, and streams have their own limits. It ends what waits: for the online store or
    the log. A model in the middle of its batch ends by itself.
    """

    def __init__(self, seconds: float):
        self.seconds = seconds

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises TooSlow."""
        if call.kind is not Kind.PREDICT:
            return await proceed()
        seconds = min(self.seconds, call.limits.seconds)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await proceed()
        except TimeoutError:
            if limit.expired():
                raise TooSlow(f"The request took longer than {seconds:g} s and was given up.") from None
            raise
