"""The outermost guard turns nothing away: it counts and times, what the others turn away included."""

import time
from asyncio import CancelledError

from serving import metrics
from serving.errors import statuses
from serving.guards.call import Call, Kind

CLIENT_LEFT = 499  # nginx's number


class Measure:
    """Counts predictions when they have ended. What is not known of one, such as the model of a 401, is empty."""

    async def __call__(self, call: Call, proceed):
        """Return or raise what `proceed` does."""
        if call.kind is not Kind.PREDICT:
            return await proceed()
        start = time.perf_counter()
        with metrics.in_flight.track_inprogress():
            try:
                return await proceed()
            except Exception as error:
                call.status = statuses(error)[0]
                raise
            except CancelledError:
                call.status = CLIENT_LEFT
                raise
            finally:
                _count(call, time.perf_counter() - start)


def _count(call: Call, seconds: float) -> None:
    labels = (call.model, call.version, call.variant)
    metrics.requests.labels(*labels).inc()
    if call.status >= 400:
        metrics.errors.labels(*labels, str(call.status)).inc()
    else:
        metrics.latency.labels(*labels).observe(seconds)
        metrics.rows.labels(*labels).observe(call.rows)
