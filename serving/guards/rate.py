"""A token bucket for each client: `burst` requests at once, `rate` a second in the long run."""

import math
import time
from typing import Any

from serving.errors import TooManyRequests
from serving.guards.call import OPEN, Answer, Call


class Rate:
    """Counts requests of every kind by the client's token. Without tokens all clients share one bucket."""

    def __init__(self, rate: float, burst: int):
        self.rate, self.burst = rate, burst
        self._buckets: dict[str, tuple[float, float]] = {}  # client -> what is left, and when that was

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises TooManyRequests with the seconds until the next request may come."""
        if call.kind not in OPEN:
            now = time.monotonic()
            left, since = self._buckets.get(call.client, (float(self.burst), now))
            left = min(self.burst, left + (now - since) * self.rate)
            self._buckets[call.client] = (left - 1 if left >= 1 else left, now)
            if left < 1:
                wait = math.ceil((1 - left) / self.rate)
                raise TooManyRequests(f"{self.rate:g} requests a second are allowed. Try again in {wait} s.", wait)
        return await proceed()
