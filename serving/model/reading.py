"""Where requests are read: small ones in the event loop, which is fastest, others in a thread of their capstone.

Reading may take long: a megabyte holds thousands of values, and a file may unpack to much more. Meanwhile, the event
loop answers probes and other requests. One thread of a capstone leaves the other cores to its model.
"""

from collections.abc import Callable, Sequence

from serving import metrics, threads
from serving.guards.call import Call
from serving.guards.texts import Stopped
from serving.schema.rows import Row, RowDecoder

SMALL = 2**14  # bytes of a body: pydantic needs less than 2 ms for them


async def read(name: str, decoder: RowDecoder, call: Call, rows: Callable[[], Sequence[object]]) -> list[Row]:
    """Return the validated rows of a request to a capstone. A request that is given up is read no further.

    Raises InvalidInput.
    """
    try:
        if call.size <= SMALL and not decoder.unpacks:
            valid = decoder.validate(rows())
        else:
            valid = await threads.run(threads.pool("read", name), lambda: decoder.validate(rows(), large=True))
    except Stopped as error:
        metrics.stopped.labels(name, error.guard).inc()
        raise
    call.rows = len(valid)
    return valid
