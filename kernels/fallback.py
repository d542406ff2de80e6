"""Where a kernel cannot run, its reference answers, and one warning says why."""

from __future__ import annotations

import torch

from kernels import notice
from kernels.language import INSTALLED, INTERPRETED, tl

HALVES = (torch.bfloat16, torch.float16)
FLOATS = (torch.float32, *HALVES)


def runs(
    kernel: str, *tensors: torch.Tensor, types: tuple[torch.dtype, ...] = FLOATS, unless: str | None = None
) -> bool:
    """Return whether a kernel can take these tensors; warn once for each reason why it cannot, or `unless`, if any."""
    reason = _why_not(tensors, types) or unless
    if reason:
        notice.warn(kernel, reason)
    return not reason


def compute(x: torch.Tensor) -> tl.dtype:
    """Return the type that a kernel computes in: float32, or float64 for such inputs."""
    return tl.float64 if x.dtype == torch.float64 else tl.float32


def _why_not(tensors: tuple[torch.Tensor, ...], types: tuple[torch.dtype, ...]) -> str | None:
    if not INSTALLED:
        return "Triton is not installed"
    if len({x.device for x in tensors}) > 1:
        return f"its inputs are on several devices, {sorted({str(x.device) for x in tensors})}"
    for x in tensors:
        if not (x.is_cuda or INTERPRETED):
            return f"no kernel runs on a device of type {x.device.type!r}"
        if x.dtype not in types:
            return f"it takes {', '.join(str(kind) for kind in types)}, not {x.dtype}"
    return None
