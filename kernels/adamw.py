"""AdamW: one launch reads and writes each number of all tensors once, however many tensors there are.

A table holds the addresses of the tensors, another one which piece of which tensor a program takes.
"""

from typing import Any

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.reference.adamw import adamw as reference

PIECE = 2048  # numbers of a program
KINDS = {torch.float32: tl.float32, torch.bfloat16: tl.bfloat16, torch.float16: tl.float16}


class AdamW(torch.optim.Optimizer):
    """torch.optim.AdamW, of the arguments that it shares with it, in one launch per kind of tensor."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        if lr < 0 or eps < 0 or weight_decay < 0 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError("lr, eps and weight_decay are 0 or more; betas are 0 or more, and less than 1.")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})
        self._tables = {}

    @torch.no_grad()
    def step(self, closure=None):
        """Take a step; return the loss of the closure, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for number, group in enumerate(self.param_groups):
            kinds: dict[Any, Any] = {}
            for weight in (weight for weight in group["params"] if weight.grad is not None):
                state = self.state[weight]
                if not state:
                    state |= {"step": 0, "exp_avg": torch.zeros_like(weight), "exp_avg_sq": torch.zeros_like(weight)}
                state["step"] += 1
                kinds.setdefault((weight.dtype, weight.grad.dtype, weight.device, state["step"]), []).append(
                    (weight, weight.grad, state["exp_avg"], state["exp_avg_sq"])
                )
            for (*kind, step), rows in kinds.items():
                self._update((number, *kind), rows, step, group)
        return loss

    def _update(self, key, rows, step, group):
        rate, (first, second) = group["lr"], group["betas"]
        tensors = [x for row in rows for x in row]
        dense = all(x.is_contiguous() for x in tensors)
        if not dense or not fallback.runs("adamw", *tensors):
            weights, slopes, means, squares = (list(column) for column in zip(*rows, strict=True))
            reference(weights, slopes, means, squares, step, rate, group["betas"], group["eps"], group["weight_decay"])
            return
        addresses = [x.data_ptr() for x in tensors]
        known = self._tables.get(key)
        if known is None or known[0] != addresses:  # PyTorch mostly puts the gradients of a step where the last were
            self._tables[key] = known = (addresses, *_tables(rows, addresses))
        _, where, sizes, pieces = known
        _step[(len(pieces),)](
            where, sizes, pieces, 1 - rate * group["weight_decay"], rate / (1 - first**step),
            1 / (1 - second**step), first, 1 - first, second, 1 - second, group["eps"], KINDS[rows[0][0].dtype],
            KINDS[rows[0][1].dtype], PIECE, num_warps=8,
        )  # fmt: skip


def _tables(rows, addresses):
    device = rows[0][0].device
    sizes = torch.tensor([row[0].numel() for row in rows])
    counts = (sizes + PIECE - 1) // PIECE
    owner = torch.repeat_interleave(torch.arange(len(rows)), counts)
    number = torch.arange(len(owner)) - (counts.cumsum(0) - counts)[owner]
    pieces = torch.stack([owner, number], dim=1).to(torch.int32)
    return torch.tensor(addresses).to(device), sizes.to(device), pieces.to(device)


@triton.jit
def _step(
    where, sizes, pieces, keep, rate, unbias, first, first_rest, second, second_rest, epsilon, kind: tl.constexpr,
    slope_kind: tl.constexpr, piece: tl.constexpr,
):  # fmt: skip
    owner = tl.load(pieces + 2 * tl.program_id(0)).to(tl.int64)
    first_place = tl.load(pieces + 2 * tl.program_id(0) + 1).to(tl.int64) * piece
    weight = tl.multiple_of(tl.load(where + 4 * owner).to(tl.pointer_type(kind)), 16)
    slope = tl.multiple_of(tl.load(where + 4 * owner + 1).to(tl.pointer_type(slope_kind)), 16)
    mean = tl.multiple_of(tl.load(where + 4 * owner + 2).to(tl.pointer_type(kind)), 16)
    square = tl.multiple_of(tl.load(where + 4 * owner + 3).to(tl.pointer_type(kind)), 16)
    place = first_place + tl.arange(0, piece)
    size = tl.load(sizes + owner)
    if first_place + piece <= size:  # without a mask, numbers are moved 16 bytes at a time
        _update(
            weight, slope, mean, square, place, None, keep, rate, unbias, first, first_rest, second, second_rest,
            epsilon,
        )  # fmt: skip
    else:
        _update(
            weight, slope, mean, square, place, place < size, keep, rate, unbias, first, first_rest, second,
            second_rest, epsilon,
        )  # fmt: skip


@triton.jit
def _update(
    weight, slope, mean, square, place, inside, keep, rate, unbias, first, first_rest, second, second_rest, epsilon
):
    g = tl.load(slope + place, inside).to(tl.float32)
    m = first * tl.load(mean + place, inside).to(tl.float32) + first_rest * g
    s = second * tl.load(square + place, inside).to(tl.float32) + second_rest * g * g
    w = keep * tl.load(weight + place, inside).to(tl.float32) - rate * m / (tl.sqrt(s * unbias) + epsilon)
    tl.store(mean + place, m, inside)
    tl.store(square + place, s, inside)
    tl.store(weight + place, w, inside)
