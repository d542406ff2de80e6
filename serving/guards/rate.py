"""A token bucket a client: `burst` requests at once, `rate` a second in the long run."""

import math
import time

from serving.errors import TooManyRequests
from serving.guards.call import Call, Kind


class Rate:
    """Counts requests, whatever they ask for, by the client's token; without tokens all clients share one bucket."""

    def __init__(self, rate: float, burst: int):
        self.rate, self.burst = rate, burst
        self._buckets: dict[str, tuple[float, float]] = {}  # client -> what is left, and when that was

    async def __call__(self, call: Call, proceed):
        """Raises TooManyRequests with the seconds until the next one may come."""
        if call.kind is not Kind.PROBE:
            now = time.monotonic()
            left, since = self._buckets.get(call.client, (self.burst, now))
            left = min(self.burst, left + (now - since) * self.rate)
            self._buckets[call.client] = (left - 1 if left >= 1 else left, now)
            if left < 1:
                wait = math.ceil((1 - left) / self.rate)
                raise TooManyRequests(f"{self.rate:g} requests a second are allowed. Try again in {wait} s.", wait)
        return await proceed()
