"""So many predictions at a time: past that, waiting longer would help nobody."""

from serving.errors import Overloaded
from serving.guards.call import Call, Kind


class Concurrency:
    """Lets `limit` predictions be under way."""

    def __init__(self, limit: int):
        self.limit, self.under_way = limit, 0

    async def __call__(self, call: Call, proceed):
        """Raises Overloaded at once rather than queue."""
        if call.kind is not Kind.PREDICT:
            return await proceed()
        if self.under_way >= self.limit:
            raise Overloaded(f"{self.limit} requests are being answered, which is the limit. Try again in a second.", 1)
        self.under_way += 1
        try:
            return await proceed()
        finally:
            self.under_way -= 1
