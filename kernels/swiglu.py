"""SwiGLU: the gate's curve and its product in one pass; backward, both gradients into one tensor, without a copy."""

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.reference.swiglu import swiglu as reference

TYPES = (*fallback.FLOATS, torch.float64)
BLOCK = 2048


def swiglu(gate_up: torch.Tensor) -> torch.Tensor:
    """Return silu(gate) * up, (..., width), of both in one tensor, (..., 2 * width).

    Raises ValueError for an odd number of columns.
    """
    if gate_up.shape[-1] % 2:
        raise ValueError(f"{gate_up.shape[-1]} columns are no gate and up of one width.")
    if not gate_up.numel() or not fallback.runs("swiglu", gate_up, types=TYPES):
        return reference(gate_up)
    made: torch.Tensor = _SwiGLU.apply(gate_up)
    return made


class _SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, gate_up):
        gate_up = gate_up.contiguous()
        width = gate_up.shape[-1] // 2
        made = torch.empty((*gate_up.shape[:-1], width), dtype=gate_up.dtype, device=gate_up.device)
        ctx.save_for_backward(gate_up)
        grid = (made.numel() // width, triton.cdiv(width, BLOCK))
        _forward[grid](gate_up, made, width, fallback.compute(gate_up), BLOCK, num_warps=8)
        return made

    @staticmethod
    def backward(ctx, slope):
        (gate_up,) = ctx.saved_tensors
        width = gate_up.shape[-1] // 2
        made, slope = torch.empty_like(gate_up), slope.contiguous()
        grid = (slope.numel() // width, triton.cdiv(width, BLOCK))
        _backward[grid](gate_up, slope, made, width, fallback.compute(gate_up), BLOCK, num_warps=8)
        return made


@triton.jit
def _forward(gate_up, made, width, kind: tl.constexpr, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    inside = column < width
    gate = tl.load(gate_up + row * 2 * width + column, inside, 0).to(kind)
    up = tl.load(gate_up + row * 2 * width + width + column, inside, 0).to(kind)
    tl.store(made + row * width + column, gate / (1 + tl.exp(-gate)) * up, inside)


@triton.jit
def _backward(gate_up, slope, made, width, kind: tl.constexpr, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    inside = column < width
    gate = tl.load(gate_up + row * 2 * width + column, inside, 0).to(kind)
    up = tl.load(gate_up + row * 2 * width + width + column, inside, 0).to(kind)
    dy = tl.load(slope + row * width + column, inside, 0).to(kind)
    share = 1 / (1 + tl.exp(-gate))
    curve = gate * share
    tl.store(made + row * 2 * width + column, dy * up * (share + curve * (1 - share)), inside)
    tl.store(made + row * 2 * width + width + column, dy * curve, inside)
