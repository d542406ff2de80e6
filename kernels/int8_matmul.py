"""A product with a weight of 8 bits: for a few rows the weight is read once, as bytes, and widened in registers.

Seven bits of a byte are put into the mantissa of 128.0, whose last bit is 1; less 128, or 256 where the byte is
negative, that is the byte, exactly: two instructions for each. Converting each by itself takes more than reading it.
"""

import torch

from kernels import fallback, packed, splitting, tuning
from kernels.language import dot, tl, triton
from kernels.operators import operator
from kernels.reference.int8_matmul import int8_matmul as reference

K = 128
SETTINGS = tuning.settings(
    "n waves num_warps num_stages",
    (64, 4, 4, 4), (64, 8, 4, 4), (128, 8, 4, 4), (128, 4, 4, 4), (64, 8, 2, 4), (64, 4, 2, 5), (64, 16, 2, 4),
    (32, 8, 2, 5), (32, 16, 2, 5), (64, 4, 4, 6), (128, 2, 4, 5), (32, 8, 1, 5),
)  # fmt: skip
# Of four bytes, two at a time, one in each half of a register.
BYTES = "{ .reg .b32 a, b, minus; mov.b32 minus, 0xBF80BF80;" + "".join(
    f"prmt.b32 a, $2, 0, {bytes_}; lop3.b32 b, a, 0x00800080, 0x43004300, 0xEA;"
    f"lop3.b32 a, a, 0x007F007F, 0x43004300, 0xEA; fma.rn.bf16x2 ${i}, b, minus, a;"
    for i, bytes_ in enumerate(("0x4140", "0x4342"))
) + "}"  # fmt: skip
BYTES = tl.constexpr(BYTES)


def quantized(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the codes and scales of a weight, (outputs, inputs): the largest number of a row becomes 127."""
    scales = weight.float().abs().amax(1).clamp_min(1e-30) / 127
    return (weight.float() / scales[:, None]).round().to(torch.int8), scales


def int8_matmul(x: torch.Tensor, codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return x, (..., inputs), times a weight whose row i is `codes[i] * scales[i]`, (..., outputs).

    codes: (outputs, inputs), int8. scales: (outputs,), float32. The weight has no gradient.
    """
    known = codes.dtype == torch.int8 and scales.dtype == torch.float32 and codes.is_contiguous()
    if not x.numel() or not fallback.runs("int8_matmul", x, unless=None if known else "codes are no contiguous int8"):
        return reference(x, codes, scales)
    output: torch.Tensor = _multiplied(x.reshape(-1, x.shape[-1]).contiguous(), codes, scales)
    return output.view(*x.shape[:-1], -1)


@operator("int8_unpack", lambda codes, scales, kind: codes.new_empty(codes.shape, dtype=kind))
def _unpacked(codes: torch.Tensor, scales: torch.Tensor, kind: torch.dtype) -> torch.Tensor:
    outputs, inputs = codes.shape
    weight = torch.empty((outputs, inputs), dtype=kind, device=codes.device)
    _unpack[(outputs, triton.cdiv(inputs, 4096))](codes, scales, weight, inputs, 4096, num_warps=8)
    return weight


@operator("int8_matmul", lambda x, codes, scales: x.new_empty((len(x), len(codes))))
def _multiplied(x: torch.Tensor, codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    rows, (outputs, inputs) = len(x), codes.shape
    if rows > packed.FEW:
        weight: torch.Tensor = _unpacked(codes, scales, x.dtype)
        return x @ weight.T

    def launch(grid, made, sums, counters, steps, precision, m, rest):
        _product[grid](
            x, codes, scales, made, sums, counters, rows, outputs, inputs, steps, precision, m, K,
            packed.has_assembly(x), **rest,
        )  # fmt: skip

    return packed.multiplied("int8_matmul", SETTINGS, x, outputs, triton.cdiv(inputs, K), launch)


_multiplied.register_autograd(
    lambda ctx, slope: (slope @ _unpacked(*ctx.saved_tensors, slope.dtype), None, None),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs[1:]),
)


@triton.jit
def _product(
    x, codes, scales, made, sums, counters, rows, outputs, inputs, steps, precision: tl.constexpr, m: tl.constexpr,
    k: tl.constexpr, fast: tl.constexpr, n: tl.constexpr,
):  # fmt: skip
    output = tl.program_id(0) * n + tl.arange(0, n)
    row, part = tl.arange(0, m), tl.program_id(1)
    weight = codes + output.to(tl.int64)[:, None] * inputs
    total = tl.zeros((n, m), tl.float32)
    for step in tl.range(part * steps, (part + 1) * steps):
        column = step * k + tl.arange(0, k)
        inside = column < inputs
        code = tl.load(weight + column[None, :], (output < outputs)[:, None] & inside[None, :], 0)
        values = tl.load(x + row[:, None] * inputs + column[None, :], (row < rows)[:, None] & inside[None, :], 0)
        if fast:
            weights = tl.inline_asm_elementwise(BYTES, "=r,=r,r", [code], tl.bfloat16, True, 4)
        else:
            weights = code.to(tl.float32).to(values.dtype)
        total = dot(weights, values.T, total, precision)
    place = row[None, :] * outputs + output[:, None]
    inside = (row < rows)[None, :] & (output < outputs)[:, None]
    total, last = splitting.summed(total, sums, counters + tl.program_id(0), rows * outputs, place, inside)
    if last:
        scale = tl.load(scales + output, output < outputs, 0)
        tl.store(made + place, total * scale[:, None], inside)


@triton.jit
def _unpack(codes, scales, made, inputs, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    code = tl.load(codes + row * inputs + column, column < inputs, 0).to(tl.float32)
    tl.store(made + row * inputs + column, code * tl.load(scales + row), column < inputs)
