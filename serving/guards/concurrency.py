"""A limit on predictions under way. Past it, a request is turned away rather than queued."""

from collections import Counter
from typing import Any

from serving.errors import Overloaded
from serving.guards.call import PREDICTIONS, Answer, Call, Kind


class Concurrency:
    """Lets `limit` predictions be under way at a time, and of each model the streams that it states."""

    def __init__(self, limit: int):
        self.limit, self.under_way = limit, 0
        self.streams: Counter[str] = Counter()

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises Overloaded at once rather than queue."""
        if call.kind not in PREDICTIONS:
            return await proceed()
        if self.under_way >= self.limit:
            raise Overloaded(f"{self.limit} requests are being answered, which is the limit. Try again in a second.", 1)
        streams = call.kind is Kind.STREAM
        if streams and self.streams[call.asked] >= call.limits.streams:
            limit = call.limits.streams
            raise Overloaded(f"{call.asked!r} streams {limit} answers at a time. Try again in a second.", 1)
        self.under_way += 1
        self.streams[call.asked] += streams
        try:
            return await proceed()
        finally:
            self.under_way -= 1
            self.streams[call.asked] -= streams
            if not self.streams[call.asked]:
                del self.streams[call.asked]
