"""Where requests are read: small ones in the event loop, which is fastest, others in threads of their capstone.

Reading may take long: a megabyte holds thousands of values, and a file may unpack to much more. Meanwhile, the event
loop answers probes and other requests. One thread of a capstone leaves the other cores to its model.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

from serving.guards.call import Call
from serving.model.rows import Row, RowDecoder

SMALL = 2**14  # bytes of a body: pydantic needs less than 2 ms for them
_threads: dict[str, ThreadPoolExecutor] = {}  # by capstone; they outlive a reload


async def read(name: str, decoder: RowDecoder, call: Call, rows: Callable[[], Sequence[object]]) -> list[Row]:
    """Return the validated rows of a request to a capstone. A request that is given up is read no further.

    Raises InvalidInput.
    """
    if call.size <= SMALL and not decoder.unpacks:
        valid = decoder.validate(rows())
    else:
        stopped = Event()
        if name not in _threads:
            _threads[name] = ThreadPoolExecutor(1, f"read-{name}")
        try:
            work = partial(_read, decoder, rows, stopped)
            valid = await asyncio.get_running_loop().run_in_executor(_threads[name], work)
        finally:
            stopped.set()
    call.rows = len(valid)
    return valid


def _read(decoder: RowDecoder, rows: Callable[[], Sequence[object]], stopped: Event) -> list[Row]:
    return [row._replace(large=True) for row in decoder.validate(rows(), stopped.is_set)]
