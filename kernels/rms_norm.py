"""RMSNorm: each row is read once, and its mean square never leaves the chip.

Backward, each program walks over many rows and keeps its share of the weight's gradient in registers.
"""

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.operators import operator
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
    output: torch.Tensor = _normed(x, weight, epsilon, kind or x.dtype)[0]
    return output


def _empty(x, weight, epsilon, kind):
    wide = x.dtype if x.dtype == torch.float64 else torch.float32
    return x.new_empty(x.shape, dtype=kind), x.new_empty(x.shape[:-1].numel(), dtype=wide)


@operator("rms_norm", _empty)
def _normed(
    x: torch.Tensor, weight: torch.Tensor, epsilon: float, kind: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    y, scale = _empty(x, weight, epsilon, kind)
    rows, (block, tall) = _rows(x), _tile(x.shape[-1])
    count, width = rows.shape
    _forward[(triton.cdiv(count, tall),)](
        rows, weight, y, scale, rows.stride(0), count, width, epsilon, fallback.compute(x), block, tall,
        num_warps=8 if block > 1024 else 4,
    )  # fmt: skip
    return y, scale


@operator("rms_norm_backward", lambda x, weight, scale, dy: (x.new_empty(x.shape), weight.new_empty(weight.shape)))
def _slopes(
    x: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor, dy: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    rows, dy, dx = _rows(x), _rows(dy), x.new_empty(x.shape)
    count, width = rows.shape
    block, tall = _tile(width)
    programs = min(triton.cdiv(count, tall), _programs(x.device))
    parts = scale.new_empty((programs, width))
    _backward[(programs,)](
        rows, weight, dy, scale, dx, parts, rows.stride(0), dy.stride(0), count, width, fallback.compute(x), block,
        tall, num_warps=8 if block > 1024 else 4,
    )  # fmt: skip
    return dx, parts.sum(0).to(weight.dtype)


_normed.register_autograd(
    lambda ctx, dy, _: (*_slopes(*ctx.saved_tensors, dy), None, None),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs[:2], output[1]),
)


def _rows(x):
    rows = x.reshape(-1, x.shape[-1])
    return rows if rows.stride(1) == 1 else rows.contiguous()


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
