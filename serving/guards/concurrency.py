"""A limit on predictions under way. Past it, a request is turned away rather than queued."""

from typing import Any

from serving.errors import Overloaded
from serving.guards.call import PREDICTIONS, Answer, Call


class Concurrency:
    """Lets `limit` predictions be under way at a time, streams among them."""

    def __init__(self, limit: int):
        self.limit, self.under_way = limit, 0

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises Overloaded at once rather than queue."""
        if call.kind not in PREDICTIONS:
            return await proceed()
        if self.under_way >= self.limit:
            raise Overloaded(f"{self.limit} requests are being answered, which is the limit. Try again in a second.", 1)
        self.under_way += 1
        try:
            return await proceed()
        finally:
            self.under_way -= 1
