"""kfp walks the whole stack at each setting of a step, and looks for each frame's module among all that are loaded."""

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import pytest

T = TypeVar("T")


def off_stack(function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a thread, which has a short stack. Each frame's module is looked up once."""
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as thread:
        patch.setattr(inspect, "getmodule", cache(inspect.getmodule))
        return thread.submit(function, *arguments).result()
