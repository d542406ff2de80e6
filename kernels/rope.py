"""Rotary positions: the angles of a token are read once for all heads of its query and key.

The gradient is the same rotation backward, so one kernel does both.
"""

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.operators import operator
from kernels.reference.rope import rope as reference

TYPES = (*fallback.FLOATS, torch.float64)


def rope(q: torch.Tensor, k: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries, (batch, heads, time, size), and keys, turned by the angles of their places.

    cos, sin: (batch or 1, 1, time, size / 2), without a gradient. The results lie in memory as (batch, time, heads,
    size), as the projection that made q and k left them.
    """
    if not (q.numel() and k.numel()) or not fallback.runs("rope", q, k, cos, sin, types=TYPES):
        return reference(q, k, cos, sin)
    turned: tuple[torch.Tensor, torch.Tensor] = _turned(q, k, cos, sin, False)
    return turned


def _empty(q, k, cos, sin, backward):
    batch, _, time, size = q.shape
    return tuple(x.new_empty((batch, time, x.shape[1], size)).transpose(1, 2) for x in (q, k))


@operator("rope", _empty)
def _turned(
    q: torch.Tensor, k: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, backward: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    turned = _empty(q, k, cos, sin, backward)
    batch, heads, time, size = q.shape
    groups = k.shape[1]
    q, k = (x if x.stride(-1) == 1 else x.contiguous() for x in (q, k))
    cos, sin = (
        x.expand(batch, 1, time, size // 2).contiguous() if x.shape[0] > 1 else x.contiguous() for x in (cos, sin)
    )
    half, q_block, k_block = (triton.next_power_of_2(n) for n in (size // 2, heads, groups))
    shared = time * (size // 2) if cos.shape[0] > 1 else 0
    _rotate[(time, batch)](
        q, k, *turned, cos, sin, *q.stride()[:3], *k.stride()[:3], shared, time, heads, groups, size // 2,
        fallback.compute(q), backward, q_block, k_block, half, num_warps=4,
    )  # fmt: skip
    return turned


_turned.register_autograd(
    lambda ctx, dq, dk: (*_turned(dq, dk, *ctx.saved_tensors, True), None, None, None),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs[2:4]),
)


@triton.jit
def _rotate(
    q, k, q_made, k_made, cos, sin, q_batch, q_head, q_time, k_batch, k_head, k_time, angle_batch, time, heads, groups,
    size, kind: tl.constexpr, backward: tl.constexpr, q_block: tl.constexpr, k_block: tl.constexpr, half: tl.constexpr,
):  # fmt: skip
    place, row = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    column = tl.arange(0, half)
    inside = column < size
    angle = row * angle_batch + place * size + column
    c = tl.load(cos + angle, inside, 0).to(kind)[None, :]
    s = tl.load(sin + angle, inside, 0).to(kind)[None, :]
    s = -s if backward else s
    token = row * time + place
    _turn(
        q + row * q_batch + place * q_time,
        q_made + token * heads * size * 2,
        q_head,
        c,
        s,
        heads,
        size,
        kind,
        q_block,
        half,
    )
    _turn(
        k + row * k_batch + place * k_time,
        k_made + token * groups * size * 2,
        k_head,
        c,
        s,
        groups,
        size,
        kind,
        k_block,
        half,
    )


@triton.jit
def _turn(x, made, stride, c, s, heads, size, kind: tl.constexpr, block: tl.constexpr, half: tl.constexpr):
    head, column = tl.arange(0, block)[:, None], tl.arange(0, half)[None, :]
    inside = (head < heads) & (column < size)
    left = tl.load(x + head * stride + column, inside, 0).to(kind)
    right = tl.load(x + head * stride + size + column, inside, 0).to(kind)
    tl.store(made + head * size * 2 + column, left * c - right * s, inside)
    tl.store(made + head * size * 2 + size + column, right * c + left * s, inside)
