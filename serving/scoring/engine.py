"""Streams that a model makes together: one thread for each version steps all of them, and none while there is none."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from capstan.contract.model import Engine
from serving.scoring.streams import Parts

log = logging.getLogger("serving")


class EngineStream(Parts):
    """The parts of one stream of an engine.

    They wait for their client without bound: a step is for all streams, and a slow client must not hold up the others.
    The server gives it up after `limits.TOKEN_SECONDS`.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]]):
        super().__init__()
        self.columns, self.closed = columns, False

    def close(self) -> None:
        """Have the engine cancel the stream before its next step."""
        self.closed = True


class EngineLoop:
    """Admits streams to an engine, at most `most` at a time, steps it, and hands out what each step made.

    `make` returns a new engine. After a step that raises, all its streams have failed, and the next gets a new engine.
    `report` gets the engine's numbers after each step, where it has some.
    """

    def __init__(
        self,
        make: Callable[[], Engine],
        most: int,
        report: Callable[[Mapping[str, float]], None] = lambda numbers: None,
    ):
        self._make, self._most, self._report = make, most, report
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._waiting: deque[EngineStream] = deque()
        self._admitted: dict[Hashable, EngineStream] = {}
        self._joining: list[EngineStream] = []
        self._running = False

    def stream(self, columns: Mapping[str, Sequence[Any]]) -> EngineStream:
        """Return the stream of one row, which is admitted between two steps."""
        stream = EngineStream(columns)
        with self._lock:
            self._waiting.append(stream)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="engine", daemon=True).start()
        return stream

    def _run(self) -> None:
        while self._take_in():
            try:
                self._engine = self._engine or self._make()
                self._cancel_closed(self._engine)
                self._admit(self._engine)
                if self._admitted:
                    self._step(self._engine)
                if numbers := getattr(self._engine, "numbers", None):
                    self._report(numbers())
            except Exception as error:
                log.exception("An engine failed, and with it %d streams", len(self._admitted) + len(self._joining))
                for stream in [*self._admitted.values(), *self._joining]:
                    stream.put(False, error)
                self._admitted.clear()
                self._engine = None

    def _take_in(self) -> bool:
        """Take the streams that join now; return whether there is anything to do. The thread ends if not."""
        with self._lock:
            room = self._most - len(self._admitted)
            self._joining = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
            self._running = bool(self._joining or self._admitted)
            return self._running

    def _cancel_closed(self, engine: Engine) -> None:
        for handle in [handle for handle, stream in self._admitted.items() if stream.closed]:
            del self._admitted[handle]
            engine.cancel(handle)

    def _admit(self, engine: Engine) -> None:
        for stream in self._joining:
            if stream.closed:
                continue
            try:
                self._admitted[engine.admit(stream.columns)] = stream
            except Exception as error:  # of this request alone
                stream.put(False, error)
        self._joining = []

    def _step(self, engine: Engine) -> None:
        for handle, part in engine.step():
            if part is None or isinstance(part, Exception):
                self._admitted.pop(handle).put(False, part)
            else:
                self._admitted[handle].put(True, part)
