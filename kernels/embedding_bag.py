"""Sums of embeddings: each bag is summed in registers, and so is each row's gradient, by sorted indices.

Sorted, the uses of a row lie side by side: a program adds them up and writes once, where a program per use would
write many times to the rows that everybody has.
"""

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.operators import operator
from kernels.reference.embedding_bag import embedding_bag as reference

RUN = 32  # the uses that a program adds up, backward


def embedding_bag(
    indices: torch.Tensor, weight: torch.Tensor, starts: torch.Tensor, shares: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the sum of some rows of a table for each bag, (bags, width).

    indices: of the rows, (n,). weight: the table, (rows, width). starts: where each bag begins, (bags,), from 0.
    shares: what each row is multiplied by, (n,). An index that is no row makes the sum of its bag NaN, and has no
    gradient.
    """
    if not indices.numel() or not starts.numel() or not fallback.runs("embedding_bag", weight):
        return reference(indices, weight, starts, shares)
    output: torch.Tensor = _summed(indices, weight, starts, shares)
    return output


@operator("embedding_bag", lambda indices, weight, starts, shares: weight.new_empty((len(starts), weight.shape[1])))
def _summed(
    indices: torch.Tensor, weight: torch.Tensor, starts: torch.Tensor, shares: torch.Tensor | None
) -> torch.Tensor:
    bags, (rows, width) = len(starts), weight.shape
    weight, indices, sums = weight.contiguous(), indices.contiguous(), weight.new_empty((bags, width))
    block = min(512, triton.next_power_of_2(width))
    _forward[(bags, triton.cdiv(width, block))](
        indices, weight, _ends(starts, indices), weight if shares is None else shares, sums, rows, width,
        shares is not None, block, num_warps=4 if block > 128 else 1,
    )  # fmt: skip
    return sums


def _empty(indices, weight, starts, shares, slope, wants_weight, wants_shares):
    d_shares = shares.new_empty(shares.shape) if wants_shares else weight.new_empty(0)
    return weight.new_empty(weight.shape if wants_weight else (0,)), d_shares


@operator("embedding_bag_backward", _empty)
def _slopes(
    indices: torch.Tensor, weight: torch.Tensor, starts: torch.Tensor, shares: torch.Tensor | None,
    slope: torch.Tensor, wants_weight: bool, wants_shares: bool,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    indices, weight, slope = indices.contiguous(), weight.contiguous(), slope.contiguous()
    dw, d_shares = _empty(indices, weight, starts, shares, slope, wants_weight, wants_shares)
    rows, width = weight.shape
    block = min(512, triton.next_power_of_2(width))
    places = torch.arange(len(indices), device=indices.device)
    bags = torch.searchsorted(_ends(starts, indices), places, right=True) - 1
    if wants_weight:
        sums = torch.zeros((rows, width), dtype=torch.float32, device=weight.device)
        ordered, order = indices.sort()
        _scatter[(triton.cdiv(len(indices), RUN), triton.cdiv(width, block))](
            ordered, order, bags, slope, weight if shares is None else shares, sums, len(indices), rows, width,
            shares is not None, RUN, block, num_warps=4 if block > 128 else 1,
        )  # fmt: skip
        dw = sums.to(weight.dtype)
    if wants_shares:
        _products[(len(indices),)](indices, weight, bags, slope, d_shares, rows, width, block, num_warps=1)
    return dw, d_shares


def _backpropagated(ctx, slope):
    _, wants_weight, _, wants_shares = ctx.needs_input_grad
    dw, d_shares = _slopes(*ctx.saved_tensors, slope, wants_weight, wants_shares)
    return None, dw if wants_weight else None, None, d_shares if wants_shares else None


_summed.register_autograd(_backpropagated, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs))


def _ends(starts, indices):
    return torch.cat([starts, starts.new_full((1,), len(indices))])


@triton.jit
def _forward(indices, weight, ends, shares, made, rows, width, shared: tl.constexpr, block: tl.constexpr):
    bag = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    inside = column < width
    total = tl.zeros((block,), tl.float32)
    for place in tl.range(tl.load(ends + bag), tl.load(ends + bag + 1)):
        row = tl.load(indices + place).to(tl.int64)
        known = (row >= 0) & (row < rows)
        values = tl.load(weight + row * width + column, inside & known, float("nan")).to(tl.float32)
        total += values * tl.load(shares + place).to(tl.float32) if shared else values
    tl.store(made + bag * width + column, total, inside)


@triton.jit
def _scatter(
    ordered, order, bags, slope, shares, sums, count, rows, width, shared: tl.constexpr, run: tl.constexpr,
    block: tl.constexpr,
):  # fmt: skip
    first = tl.program_id(0).to(tl.int64) * run
    column = tl.program_id(1) * block + tl.arange(0, block)
    inside = column < width
    row = tl.load(ordered + first).to(tl.int64)
    total = tl.zeros((block,), tl.float32)
    for place in tl.range(first, tl.minimum(first + run, count)):
        next_row = tl.load(ordered + place).to(tl.int64)
        if next_row != row:
            tl.atomic_add(sums + row * width + column, total, inside & (row >= 0) & (row < rows), sem="relaxed")
            total = tl.zeros((block,), tl.float32)
            row = next_row
        use = tl.load(order + place)
        values = tl.load(slope + tl.load(bags + use) * width + column, inside, 0).to(tl.float32)
        total += values * tl.load(shares + use).to(tl.float32) if shared else values
    tl.atomic_add(sums + row * width + column, total, inside & (row >= 0) & (row < rows), sem="relaxed")


@triton.jit
def _products(indices, weight, bags, slope, made, rows, width, block: tl.constexpr):
    use = tl.program_id(0).to(tl.int64)
    row, bag = tl.load(indices + use).to(tl.int64), tl.load(bags + use)
    known = (row >= 0) & (row < rows)
    total = tl.zeros((block,), tl.float32)
    for start in tl.range(0, width, block):
        column = start + tl.arange(0, block)
        values = tl.load(weight + row * width + column, (column < width) & known, 0).to(tl.float32)
        total += values * tl.load(slope + bag * width + column, column < width, 0).to(tl.float32)
    tl.store(made + use, tl.sum(total, 0))
