"""SwiGLU: the gate's curve and its product in one pass; backward, both gradients into one tensor, without a copy."""

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.operators import operator
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
    output: torch.Tensor = _gated(gate_up)
    return output


def _empty(gate_up):
    return gate_up.new_empty((*gate_up.shape[:-1], gate_up.shape[-1] // 2))


@operator("swiglu", _empty)
def _gated(gate_up: torch.Tensor) -> torch.Tensor:
    output, gate_up = _empty(gate_up), gate_up.contiguous()
    width = output.shape[-1]
    grid = (output.numel() // width, triton.cdiv(width, BLOCK))
    _forward[grid](gate_up, output, width, fallback.compute(gate_up), BLOCK, num_warps=8)
    return output


@operator("swiglu_backward", lambda gate_up, slope: gate_up.new_empty(gate_up.shape))
def _slopes(gate_up: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    slopes, gate_up, slope = gate_up.new_empty(gate_up.shape), gate_up.contiguous(), slope.contiguous()
    width = slope.shape[-1]
    grid = (slope.numel() // width, triton.cdiv(width, BLOCK))
    _backward[grid](gate_up, slope, slopes, width, fallback.compute(gate_up), BLOCK, num_warps=8)
    return slopes


_gated.register_autograd(
    lambda ctx, slope: _slopes(*ctx.saved_tensors, slope),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
)


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
