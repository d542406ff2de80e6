"""Triton where it is installed. Without it, kernels can be imported but not launched: see `kernels.fallback`."""

from __future__ import annotations

import os
from typing import Any

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"  # Triton reads it when it is imported: kernels run on a CPU

try:
    import triton
    import triton.language as tl

    INSTALLED = True
except ImportError:  # no wheel for this system, or a build of torch for CPUs alone
    INSTALLED = False

    class _Absent:
        """Takes the place of a module: its decorators change nothing, its names stand for themselves."""

        @staticmethod
        def constexpr(value: Any) -> Any:
            return value

        def jit(self, function: Any = None, **_: Any) -> Any:
            return function or (lambda wrapped: wrapped)

        def __getattr__(self, name: str) -> Any:
            return name

    triton = tl = _Absent()

__all__ = ["INSTALLED", "INTERPRETED", "dot", "tl", "triton"]
WIDEN = tl.constexpr(INTERPRETED)


@triton.jit
def dot(a, b, total, precision: tl.constexpr):
    """Return a @ b + total, in float32. The interpreter keeps bfloat16 as whole numbers, which it must not multiply."""
    if WIDEN:
        return tl.dot(a.to(tl.float32), b.to(tl.float32), total)
    return tl.dot(a, b, total, input_precision=precision)
