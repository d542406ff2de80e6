"""RMSNorm: each row is read once, and its mean square never leaves the chip.

Backward, each program walks over many rows and keeps its share of the weight's gradient in registers.
"""

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.reference.rms_norm import rms_norm as reference

TYPES = (*fallback.FLOATS, torch.float64)
LARGEST = 65_536  # the widest row that fits the registers of a program


def rms_norm(
    x: torch.Tensor, weight: torch.Tensor, epsilon: float = 1e-6, kind: torch.dtype | None = None
) -> torch.Tensor:
    """Return rows of x, (..., width), of a mean square of 1, times a weight, (width,).

    kind: the type of the result, that of x by default.
    """
    unless = f"rows are wider than {LARGEST}" if x.shape[-1] > LARGEST else None
    if not x.numel() or not fallback.runs("rms_norm", x, weight, types=TYPES, unless=unless):
        return reference(x, weight, epsilon, kind)
    made: torch.Tensor = _RMSNorm.apply(x, weight, epsilon, kind or x.dtype)
    return made


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, epsilon, kind):
        rows = x.reshape(-1, x.shape[-1])
        rows = rows if rows.stride(1) == 1 else rows.contiguous()
        count, width = rows.shape
        y = torch.empty((count, width), dtype=kind, device=x.device)
        scale = torch.empty(count, dtype=x.dtype if x.dtype == torch.float64 else torch.float32, device=x.device)
        block, tall = _tile(width)
        _forward[(triton.cdiv(count, tall),)](
            rows, weight, y, scale, rows.stride(0), count, width, epsilon, fallback.compute(x), block, tall,
            num_warps=8 if block > 1024 else 4,
        )  # fmt: skip
        ctx.save_for_backward(rows, weight, scale)
        return y.view(x.shape)

    @staticmethod
    def backward(ctx, dy):
        rows, weight, scale = ctx.saved_tensors
        count, width = rows.shape
        shape, dy = dy.shape, dy.reshape(count, width)
        dy = dy if dy.stride(1) == 1 else dy.contiguous()
        dx = torch.empty((count, width), dtype=rows.dtype, device=rows.device)
        block, tall = _tile(width)
        programs = min(triton.cdiv(count, tall), _programs(rows.device))
        parts = torch.empty((programs, width), dtype=scale.dtype, device=rows.device)
        _backward[(programs,)](
            rows, weight, dy, scale, dx, parts, rows.stride(0), dy.stride(0), count, width,
            fallback.compute(rows), block, tall, num_warps=8 if block > 1024 else 4,
        )  # fmt: skip
        return dx.view(shape), parts.sum(0).to(weight.dtype), None, None


def _tile(width):
    """Return the columns and rows that a program takes at a time."""
    block = triton.next_power_of_2(width)
    return block, max(1, min(4, 8192 // block))


def _programs(device):
    """Return the programs that fill a device, several to a multiprocessor."""
    return 4 * torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 2


@triton.jit
def _forward(
    x, weight, y, scale, stride, count, width, epsilon, kind: tl.constexpr, block: tl.constexpr, tall: tl.constexpr
):
    row = tl.program_id(0).to(tl.int64) * tall + tl.arange(0, tall)
    column = tl.arange(0, block)
    inside = (row < count)[:, None] & (column < width)[None, :]
    values = tl.load(x + row[:, None] * stride + column[None, :], inside, 0).to(kind)
    weights = tl.load(weight + column, column < width, 0).to(kind)
    r = 1 / tl.sqrt(tl.sum(values * values, 1) / width + epsilon)
    tl.store(scale + row, r, row < count)
    tl.store(y + row[:, None] * width + column[None, :], values * r[:, None] * weights[None, :], inside)


@triton.jit
def _backward(
    x, weight, dy, scale, dx, parts, x_stride, dy_stride, count, width, kind: tl.constexpr, block: tl.constexpr,
    tall: tl.constexpr,
):  # fmt: skip
    column = tl.arange(0, block)
    weights = tl.load(weight + column, column < width, 0).to(kind)
    part = tl.zeros((block,), kind)
    for first in tl.range(tl.program_id(0) * tall, count, tl.num_programs(0) * tall):
        row = tl.cast(first, tl.int64) + tl.arange(0, tall)
        inside = (row < count)[:, None] & (column < width)[None, :]
        r = tl.load(scale + row, row < count, 0)[:, None]
        unit = tl.load(x + row[:, None] * x_stride + column[None, :], inside, 0).to(kind) * r
        slope = tl.load(dy + row[:, None] * dy_stride + column[None, :], inside, 0).to(kind)
        part += tl.sum(slope * unit, 0)
        slope *= weights[None, :]
        slope = r * (slope - unit * (tl.sum(slope * unit, 1) / width)[:, None])
        tl.store(dx + row[:, None] * width + column[None, :], slope, inside)
    tl.store(parts + tl.program_id(0) * width + column, part, column < width)
