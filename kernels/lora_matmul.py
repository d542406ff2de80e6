"""A product with a frozen weight and a low-rank change of it, in one pass over x, whose narrow product stays on chip.

Where a device's own product is faster than ours by more than the second pass costs, it makes the large part.
"""

import torch

from kernels import fallback, tuning
from kernels.language import dot, tl, triton
from kernels.operators import operator
from kernels.reference.lora_matmul import lora_matmul as reference

LARGEST = 128  # rank
SETTINGS = tuning.settings(
    "m n k num_warps num_stages",
    (0, 0, 0, 0, 0),  # the device's own products
    (128, 256, 64, 8, 3), (128, 128, 64, 4, 4), (128, 128, 64, 8, 4), (64, 128, 64, 4, 4), (64, 64, 64, 4, 4),
    (16, 64, 128, 4, 4), (16, 32, 256, 4, 4),
)  # fmt: skip


def lora_matmul(
    x: torch.Tensor, weight: torch.Tensor, down: torch.Tensor, up: torch.Tensor, scale: float
) -> torch.Tensor:
    """Return x, (..., inputs), times a weight, (outputs, inputs), plus `scale` times x by way of `down` and `up`.

    down: (rank, inputs). up: (outputs, rank). The weight is frozen: it gets no gradient.
    """
    usual = x.dtype == weight.dtype == down.dtype == up.dtype and len(down) <= LARGEST
    unless = None if usual else f"it takes inputs of one type, and a rank of {LARGEST} at most"
    if weight.requires_grad:
        unless = "the weight is not frozen"
    if not x.numel() or not fallback.runs("lora_matmul", x, weight, down, up, unless=unless):
        return reference(x, weight, down, up, scale)
    output: torch.Tensor = _product(x.reshape(-1, x.shape[-1]).contiguous(), weight, down, up, scale)
    return output.view(*x.shape[:-1], -1)


@operator("lora_matmul", lambda x, weight, down, up, scale: x.new_empty((len(x), len(up))))
def _product(x: torch.Tensor, weight: torch.Tensor, down: torch.Tensor, up: torch.Tensor, scale: float) -> torch.Tensor:
    rows, inputs = x.shape
    outputs, rank = up.shape

    def run(setting):
        output = torch.empty((rows, outputs), dtype=x.dtype, device=x.device)
        if not setting["m"]:
            torch.mm((x @ down.T).mul_(scale), up.T, out=output)
            return output.addmm_(x, weight.T)
        grid = (triton.cdiv(rows, setting["m"]) * triton.cdiv(outputs, setting["n"]),)
        _fused[grid](
            x, weight, down, up, output, scale, rows, outputs, inputs, rank, *weight.stride(), *down.stride(),
            *up.stride(), "ieee" if x.dtype == torch.float32 else "tf32", max(16, triton.next_power_of_2(rank)),
            **setting,
        )  # fmt: skip
        return output

    shape = (rows, outputs, inputs, rank, weight.stride(1) == 1, x.dtype)
    settings = SETTINGS[:1] + SETTINGS[-3:] if x.dtype == torch.float32 else SETTINGS  # wide blocks do not fit
    settings = settings if x.is_cuda else settings[1:]  # only a GPU has a choice
    return run(tuning.fastest("lora_matmul", settings, shape, run))


def _keep(ctx, inputs, output):
    *tensors, ctx.scale = inputs
    ctx.save_for_backward(*tensors)


def _backpropagated(ctx, slope):
    x, weight, down, up = ctx.saved_tensors
    slope, wants = slope.contiguous(), ctx.needs_input_grad
    dx = _product(slope, weight.T, up.T, down.T, ctx.scale) if wants[0] else None
    d_down = (slope @ up).T @ x * ctx.scale if wants[2] else None
    d_up = slope.T @ (x @ down.T) * ctx.scale if wants[3] else None
    return dx, None, d_down, d_up, None


_product.register_autograd(_backpropagated, setup_context=_keep)


@triton.jit
def _fused(
    x, weight, down, up, made, scale, rows, outputs, inputs, rank, w_out, w_in, down_rank, down_in, up_out, up_rank,
    precision: tl.constexpr, r: tl.constexpr, m: tl.constexpr, n: tl.constexpr, k: tl.constexpr,
):  # fmt: skip
    # Programs that run at a time take a square of the result, whose inputs are few.
    wide, high = tl.cdiv(outputs, n), tl.cdiv(rows, m)
    stripe = tl.program_id(0) // (8 * wide)
    tall = tl.minimum(high - stripe * 8, 8)
    row = (stripe * 8 + tl.program_id(0) % (8 * wide) % tall) * m + tl.arange(0, m)
    output = tl.program_id(0) % (8 * wide) // tall * n + tl.arange(0, n)
    narrow, column = tl.arange(0, r), tl.arange(0, k)
    row64, output64 = row.to(tl.int64), output.to(tl.int64)
    total = tl.zeros((m, n), tl.float32)
    short = tl.zeros((m, r), tl.float32)
    for start in tl.range(0, inputs, k):
        known = start + column < inputs
        values = tl.load(
            x + row64[:, None] * inputs + (start + column)[None, :], (row < rows)[:, None] & known[None, :], 0
        )
        tile = weight + output64[None, :] * w_out + (start + column)[:, None] * w_in
        total = dot(values, tl.load(tile, (output < outputs)[None, :] & known[:, None], 0), total, precision)
        tile = down + narrow[None, :] * down_rank + (start + column)[:, None] * down_in
        short = dot(values, tl.load(tile, (narrow < rank)[None, :] & known[:, None], 0), short, precision)
    tile = up + output64[None, :] * up_out + narrow[:, None] * up_rank
    wide_up = tl.load(tile, (output < outputs)[None, :] & (narrow < rank)[:, None], 0)
    total = dot((short * scale).to(wide_up.dtype), wide_up, total, precision)
    tl.store(
        made + row64[:, None] * outputs + output[None, :], total, (row < rows)[:, None] & (output < outputs)[None, :]
    )
