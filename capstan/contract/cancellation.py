"""Whether anybody still waits for a prediction. A model that computes for long asks between its parts.

The endpoint gives a prediction up when its time is over or its clients have left; nothing else stops a thread.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """Nobody waits for the prediction any more."""


_given_up: ContextVar[Callable[[], bool]] = ContextVar("given_up", default=lambda: False)


def check() -> None:
    """Raise Cancelled when nobody waits for the prediction that this thread computes. It never does outside of one."""
    if _given_up.get()():
        raise Cancelled


@contextmanager
def cancelled_by(given_up: Callable[[], bool]) -> Iterator[None]:
    """Have `check` ask a function, in this thread."""
    token = _given_up.set(given_up)
    try:
        yield
    finally:
        _given_up.reset(token)
