"""Rotary positions: what it must move is q and k, in and out."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from kernels.benchmarks.measure import DEVICE, Case, cases, randn
from kernels.benchmarks.peers import compiled, liger
from kernels.rope import rope

SHAPES = ((4, 2048, 9, 3, 64), (2, 8192, 32, 8, 128))  # batch, time, heads, kv heads, size


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape."""

    def plain(q: torch.Tensor, k: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> tuple[torch.Tensor, ...]:
        halves = []
        for x in (q, k):
            left, right = x.chunk(2, dim=-1)
            halves.append(torch.cat([left * cos - right * sin, right * cos + left * sin], dim=-1))
        return tuple(halves)

    for batch, time, heads, groups, size in SHAPES:
        speeds = 10_000 ** (-torch.arange(0, size, 2, device=DEVICE) / size)
        turned = torch.arange(time, device=DEVICE)[:, None] * speeds
        cos, sin = (x.bfloat16()[None, None] for x in (turned.cos(), turned.sin()))
        doubled = [torch.cat([x[0], x[0]], dim=-1) for x in (cos, sin)]  # as Liger takes them

        def inputs(batch=batch, time=time, heads=heads, groups=groups, size=size) -> list[torch.Tensor]:
            return [randn(batch, time, n, size, slope=False).transpose(1, 2).requires_grad_() for n in (heads, groups)]

        moved = 2 * 2 * batch * time * (heads + groups) * size
        shape = f"{batch * time:,} x {heads} + {groups} heads of {size}"
        ways = {
            "capstan": rope,
            "torch": plain,
            "compiled": compiled(plain),
            **liger("rope", lambda peer, q, k, _, __, doubled=doubled: peer(q, k, *doubled)),
        }
        yield cases("rope", shape, ways, inputs, (moved, 2 * moved), fixed=(cos, sin))
