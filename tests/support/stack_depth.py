"""kfp walks the whole stack at each setting of a step: below pytest's frames, a pipeline takes ten times longer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def off_stack(function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a thread of its own, which has a short stack."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments).result()
