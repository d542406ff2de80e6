"""A product with a weight of 8 bits: for a few rows the weight is read once, as bytes, and widened in registers.

For many rows the time goes into products, so the weight is unpacked first and the device's own product does the rest.
"""

import torch

from kernels import fallback, splitting, tuning
from kernels.language import dot, tl, triton
from kernels.reference.int8_matmul import int8_matmul as reference

FEW = 64  # rows, up to which reading the weight takes longer than the products
K = 128
SETTINGS = tuning.settings(
    "n waves num_warps num_stages",
    (64, 4, 4, 4), (32, 4, 4, 4), (64, 8, 4, 4), (32, 8, 4, 5), (128, 4, 8, 4), (64, 2, 4, 6), (16, 4, 4, 5),
    (16, 8, 2, 5), (64, 4, 4, 6), (64, 8, 8, 4),
)  # fmt: skip


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
    made: torch.Tensor = _Int8Matmul.apply(x.reshape(-1, x.shape[-1]).contiguous(), codes, scales)
    return made.view(*x.shape[:-1], -1)


class _Int8Matmul(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, codes, scales):
        ctx.save_for_backward(codes, scales)
        rows, (outputs, inputs) = len(x), codes.shape
        if rows > FEW:
            return x @ _unpacked(codes, scales, x.dtype).T
        made = torch.empty((rows, outputs), dtype=x.dtype, device=x.device)
        steps, m = triton.cdiv(inputs, K), max(16, triton.next_power_of_2(rows))

        def run(setting):
            setting = dict(setting)
            programs = triton.cdiv(outputs, setting["n"])
            parts = splitting.parts(x.device, programs, steps, setting.pop("waves"))
            sums = torch.empty((parts, rows, outputs), dtype=torch.float32, device=x.device)
            _product[(programs, parts)](
                x, codes, scales, made, sums, splitting.arrivals(x.device, programs), rows, outputs, inputs,
                triton.cdiv(steps, parts), "ieee" if x.dtype == torch.float32 else "tf32", m, K, **setting,
            )  # fmt: skip

        run(tuning.fastest("int8_matmul", SETTINGS, (rows, outputs, inputs, x.dtype), run))
        return made

    @staticmethod
    def backward(ctx, slope):
        codes, scales = ctx.saved_tensors
        return slope @ _unpacked(codes, scales, slope.dtype), None, None


def _unpacked(codes, scales, kind):
    outputs, inputs = codes.shape
    made = torch.empty((outputs, inputs), dtype=kind, device=codes.device)
    _unpack[(outputs, triton.cdiv(inputs, 4096))](codes, scales, made, inputs, 4096, num_warps=8)
    return made


@triton.jit
def _product(
    x, codes, scales, made, sums, counters, rows, outputs, inputs, steps, precision: tl.constexpr, m: tl.constexpr,
    k: tl.constexpr, n: tl.constexpr,
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
        total = dot(code.to(tl.float32).to(values.dtype), values.T, total, precision)
    place = row[None, :] * outputs + output[:, None]
    inside = (row < rows)[None, :] & (output < outputs)[:, None]
    if tl.num_programs(1) > 1:
        tl.store(sums + part * rows * outputs + place, total, inside)
        if splitting.arrive(counters + tl.program_id(0), tl.num_programs(1)):
            total = tl.zeros((n, m), tl.float32)
            for one in tl.range(0, tl.num_programs(1)):
                total += tl.load(sums + one * rows * outputs + place, inside, 0, cache_modifier=".cg")
            scale = tl.load(scales + output, output < outputs, 0)
            tl.store(made + place, total * scale[:, None], inside)
    else:
        scale = tl.load(scales + output, output < outputs, 0)
        tl.store(made + place, total * scale[:, None], inside)


@triton.jit
def _unpack(codes, scales, made, inputs, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    code = tl.load(codes + row * inputs + column, column < inputs, 0).to(tl.float32)
    tl.store(made + row * inputs + column, code * tl.load(scales + row), column < inputs)
