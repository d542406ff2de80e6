"""Waiting for what others do: until a condition no longer holds, or until a call no longer fails."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


def wait_while(condition: Callable[[], T], seconds: float, pause: float = 1.0) -> T:
    """Ask until the condition's value is false, or the time is over. Return the last value."""
    end = time.monotonic() + seconds
    while (value := condition()) and time.monotonic() <= end:
        time.sleep(pause)
    return value


def retried(
    call: Callable[[], T],
    errors: type[E],
    seconds: float,
    pause: float = 1.0,
    passes: Callable[[E], bool] = lambda error: True,
) -> T:
    """Return what a call returns. While it raises such an error, call again, for some seconds; then raise it.

    passes: whether one may pass by itself; others are raised at once.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return call()
        except errors as error:
            if time.monotonic() > end or not passes(error):
                raise
            time.sleep(pause)
