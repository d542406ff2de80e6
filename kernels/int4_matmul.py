"""A product with a weight of 4 bits: four numbers become bfloat16 by three instructions for each pair of them.

A number of 4 bits is put into the mantissa of 128.0, whose last bit is 1, which makes 128 + number; less 136, that is
number - 8, exactly. Source of the trick: Kim et al., "Who Says Elephants Can't Run" (2022), for float16.
"""

import torch

from kernels import fallback, packed, splitting, tuning
from kernels.language import dot, tl, triton
from kernels.operators import operator
from kernels.reference.int4_matmul import GROUP, WORDS
from kernels.reference.int4_matmul import int4_matmul as reference

SETTINGS = tuning.settings(
    "n waves num_warps num_stages",
    (64, 8, 2, 4), (64, 4, 2, 5), (64, 16, 2, 4), (128, 8, 4, 4), (128, 4, 4, 5), (128, 2, 4, 6), (64, 8, 4, 4),
    (64, 4, 4, 6), (128, 8, 2, 4), (256, 8, 4, 4), (32, 8, 1, 5), (32, 8, 2, 5), (64, 2, 2, 6), (64, 16, 4, 4),
)  # fmt: skip
# Of two words, one in each half of a register: what each of their four numbers is, less 8.
PAIRS = "{ .reg .b32 a, one, less; mov.b32 one, 0x3F803F80; mov.b32 less, 0xC308C308;" + "".join(
    f"shr.b32 a, $4, {4 * i}; lop3.b32 a, a, 0x000F000F, 0x43004300, 0xEA;"
    f"fma.rn.bf16x2 ${i}, a, one, less;"
    for i in range(4)
) + "}"  # fmt: skip
PAIRS = tl.constexpr(PAIRS)
WORDS_OF_GROUP = tl.constexpr(WORDS)


def quantized(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the codes and scales of a weight, (outputs, inputs): the largest number of a group becomes 7.

    Raises ValueError where the inputs are no whole groups of 128.
    """
    outputs, inputs = weight.shape
    if inputs % GROUP:
        raise ValueError(f"{inputs} inputs are no whole groups of {GROUP}.")
    groups = weight.float().view(outputs, -1, GROUP).transpose(0, 1).contiguous()
    scales = (groups.abs().amax(-1) / 7).clamp_min(6e-8).half()
    numbers = (groups / scales.float()[..., None]).round().clamp(-8, 7).to(torch.int32) + 8
    words = sum(part << 4 * i for i, part in enumerate(numbers.split(WORDS, dim=-1)))
    return torch.where(words > 32767, words - 65536, words).to(torch.int16), scales


def int4_matmul(x: torch.Tensor, codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return x, (..., inputs), times a weight of 4 bits, (..., outputs). The weight has no gradient.

    codes, scales: of `quantized`; `kernels.reference.int4_matmul` says what they hold.
    """
    kinds = (codes.dtype, scales.dtype) == (torch.int16, torch.float16)
    known = kinds and codes.is_contiguous() and scales.is_contiguous()
    if not x.numel() or not fallback.runs("int4_matmul", x, unless=None if known else "codes are not as it packs them"):
        return reference(x, codes, scales)
    output: torch.Tensor = _multiplied(x.reshape(-1, x.shape[-1]).contiguous(), codes, scales)
    return output.view(*x.shape[:-1], -1)


def _weight(codes, scales, kind):
    groups, outputs = scales.shape
    return codes.new_empty((outputs, groups * GROUP), dtype=kind)


@operator("int4_unpack", _weight)
def _unpacked(codes: torch.Tensor, scales: torch.Tensor, kind: torch.dtype) -> torch.Tensor:
    groups, outputs = scales.shape
    weight = _weight(codes, scales, kind)
    _unpack[(triton.cdiv(outputs, 32), groups)](codes, scales, weight, outputs, 32)
    return weight


@operator("int4_matmul", lambda x, codes, scales: x.new_empty((len(x), scales.shape[1])))
def _multiplied(x: torch.Tensor, codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    rows, (groups, outputs) = len(x), scales.shape
    if rows > packed.FEW:
        weight: torch.Tensor = _unpacked(codes, scales, x.dtype)
        return x @ weight.T

    def launch(grid, made, sums, counters, steps, precision, m, rest):
        _product[grid](
            x, codes, scales, made, sums, counters, rows, outputs, groups, steps, packed.has_assembly(x), precision, m,
            **rest,
        )  # fmt: skip

    return packed.multiplied("int4_matmul", SETTINGS, x, outputs, groups, launch)


_multiplied.register_autograd(
    lambda ctx, slope: (slope @ _unpacked(*ctx.saved_tensors, slope.dtype), None, None),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs[1:]),
)


@triton.jit
def _product(
    x, codes, scales, made, sums, counters, rows, outputs, groups, steps, fast: tl.constexpr, precision: tl.constexpr,
    m: tl.constexpr, n: tl.constexpr,
):  # fmt: skip
    output = tl.program_id(0) * n + tl.arange(0, n)
    row, part, word = tl.arange(0, m), tl.program_id(1), tl.arange(0, WORDS_OF_GROUP)
    known = output < outputs
    total = tl.zeros((n, m), tl.float32)
    first, end = tl.cast(part * steps, tl.int64), tl.minimum((part + 1) * steps, groups)
    place = first * outputs + output
    word_at = codes + place[:, None] * WORDS_OF_GROUP + word[None, :]
    scale_at = scales + place
    x_at = x + row[:, None] * (groups * WORDS_OF_GROUP * 4) + first * WORDS_OF_GROUP * 4 + word[None, :]
    # Triton loads the words of later steps in advance, but not the scales, which are too narrow: each is loaded a step
    # ahead here. Else every step would wait for its own.
    scale = tl.load(scale_at, known & (first < end), 0)
    for group in tl.range(part * steps, end):
        words = tl.load(word_at, known[:, None], 0)
        scale_at += outputs
        next_scale = tl.load(scale_at, known & (group + 1 < end), 0)
        sum_ = tl.zeros((n, m), tl.float32)
        if fast:
            one, two, three, four = tl.inline_asm_elementwise(
                PAIRS, "=r,=r,=r,=r,r", [words], (tl.bfloat16, tl.bfloat16, tl.bfloat16, tl.bfloat16), True, 2
            )
            sum_ = dot(one, tl.load(x_at, (row < rows)[:, None], 0).T, sum_, precision)
            sum_ = dot(two, tl.load(x_at + WORDS_OF_GROUP, (row < rows)[:, None], 0).T, sum_, precision)
            sum_ = dot(three, tl.load(x_at + 2 * WORDS_OF_GROUP, (row < rows)[:, None], 0).T, sum_, precision)
            sum_ = dot(four, tl.load(x_at + 3 * WORDS_OF_GROUP, (row < rows)[:, None], 0).T, sum_, precision)
        else:
            for i in tl.static_range(4):
                values = tl.load(x_at + i * WORDS_OF_GROUP, (row < rows)[:, None], 0).T
                numbers = ((words.to(tl.int32) >> 4 * i & 15) - 8).to(tl.float32)
                sum_ = dot(numbers.to(values.dtype), values, sum_, precision)
        total += sum_ * scale.to(tl.float32)[:, None]
        scale = next_scale
        word_at += tl.cast(outputs, tl.int64) * WORDS_OF_GROUP
        x_at += WORDS_OF_GROUP * 4
    place = row[None, :] * outputs + output[:, None]
    inside = (row < rows)[None, :] & known[:, None]
    total, last = splitting.summed(total, sums, counters + tl.program_id(0), rows * outputs, place, inside)
    if last:
        tl.store(made + place, total, inside)


@triton.jit
def _unpack(codes, scales, made, outputs, n: tl.constexpr):
    output, word = tl.program_id(0) * n + tl.arange(0, n), tl.arange(0, WORDS_OF_GROUP)
    group, known = tl.program_id(1), output < outputs
    place = group.to(tl.int64) * outputs + output
    words = tl.load(codes + place[:, None] * WORDS_OF_GROUP + word[None, :], known[:, None], 0).to(tl.int32)
    scale = tl.load(scales + place, known, 0).to(tl.float32)
    row = made + output.to(tl.int64)[:, None] * (tl.num_programs(1) * WORDS_OF_GROUP * 4) + group * WORDS_OF_GROUP * 4
    for i in tl.static_range(4):
        values = ((words >> 4 * i & 15) - 8).to(tl.float32) * scale[:, None]
        tl.store(row + i * WORDS_OF_GROUP + word[None, :], values, known[:, None])
