"""Many texts to their ends, as few steps as possible: for scores, where nobody waits for a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from models.transformer.streams import Stream, Streams


def completed(
    streams: Streams, wanted: Iterable[Stream], at_a_time: int, ended: Callable[[Stream], bool]
) -> Iterator[Stream]:
    """Yield streams as they end: when `ended` says so, or with all the tokens that they may have."""
    left, running = iter(wanted), 0
    while True:
        while running < at_a_time and (stream := next(left, None)):
            streams.add(stream)
            running += 1
        if not running:
            return
        for stream in streams.step():
            if len(stream.made) >= stream.most or ended(stream):
                streams.end(stream)
                running -= 1
                yield stream
