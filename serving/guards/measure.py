"""The outermost guard turns nothing away. It counts and times predictions, also those that the others turn away."""

import time
from asyncio import CancelledError
from typing import Any

from serving import metrics
from serving.errors import statuses
from serving.guards.call import PREDICTIONS, Answer, Call

CLIENT_LEFT = 499  # nginx's number


class Measure:
    """Counts predictions when they have ended. What is not known of one, such as the model of a 401, is empty."""

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Return or raise what `proceed` does."""
        if call.kind not in PREDICTIONS:
            return await proceed()
        start = time.perf_counter()
        metrics.in_flight.inc()
        try:
            return await proceed()
        except Exception as error:
            call.status = statuses(error)[0]
            raise
        except CancelledError:
            call.status = CLIENT_LEFT
            raise
        finally:
            metrics.in_flight.dec()
            of_variant = metrics.of(call.model, call.version, call.variant)
            of_variant.requests.inc()
            if call.status >= 400:
                metrics.errors.labels(call.model, call.version, call.variant, str(call.status)).inc()
            else:
                of_variant.latency.observe(time.perf_counter() - start)
                of_variant.rows.observe(call.rows)
