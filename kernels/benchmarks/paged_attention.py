"""Attention of new tokens to pages: what it must move is the keys and values."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import torch
from torch.nn import functional

from kernels.benchmarks.measure import DEVICE, Case, Way, randn
from kernels.benchmarks.peers import compiled
from kernels.paged_attention import paged_attention

# streams, tokens, heads, kv heads, size
SHAPES = ((32, 2048, 9, 3, 64), (1, 8192, 32, 8, 128), (16, 8192, 32, 8, 128))


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape."""

    def plain(
        q: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, tables: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        known = torch.arange(tables.shape[1] * keys.shape[1], device=q.device) < lengths[:, None]
        k, v = (x[tables].flatten(1, 2).transpose(1, 2) for x in (keys, values))
        mask = known[:, None, None]
        return functional.scaled_dot_product_attention(q[:, :, None], k, v, mask, enable_gqa=True)[:, :, 0]

    for streams, tokens, heads, groups, size in SHAPES:
        slots, pages = 16, tokens // 16
        q = randn(streams, heads, size, slope=False)
        keys, values = (randn(streams * pages, slots, groups, size, slope=False) for _ in range(2))
        tables = torch.randperm(streams * pages, device=DEVICE).view(streams, pages).int()
        lengths = torch.full((streams,), tokens, device=DEVICE, dtype=torch.int32)
        ways = {"capstan": paged_attention, "torch": plain, "compiled": compiled(plain)}
        runs: dict[str, Way] = {
            name: functools.partial(way, q, keys, values, tables, lengths) for name, way in ways.items()
        }
        shape = f"{streams} x {tokens:,}, {heads} + {groups} heads of {size}"
        yield [Case("paged_attention", "forward", shape, runs, 2 * 2 * streams * tokens * groups * size)]
