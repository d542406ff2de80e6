"""Causal attention: half of two products of all queries and keys; backward half of five more."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from kernels.attention import attention
from kernels.benchmarks.measure import DEVICE, Case, cases, randn
from kernels.benchmarks.peers import compiled

SHAPES = ((8, 2048, 9, 3, 64), (2, 8192, 32, 8, 128))  # batch, time, heads, kv heads, size


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape. Compiled torch calls the same kernel as torch; Liger has none."""

    def plain(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

    def cudnn(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
            return plain(q, k, v)

    for batch, time, heads, groups, size in SHAPES:

        def inputs(batch=batch, time=time, heads=heads, groups=groups, size=size) -> list[torch.Tensor]:
            return [
                randn(batch, time, n, size, slope=False).transpose(1, 2).requires_grad_()
                for n in (heads, groups, groups)
            ]

        products = 2 * 2 * batch * heads * time * time * size // 2
        moved = 2 * 2 * batch * time * (heads + groups) * size
        shape = f"{batch} x {time:,}, {heads} + {groups} heads of {size}"
        ways = {"capstan": attention, "torch": plain, "compiled": compiled(plain)}
        if DEVICE == "cuda":
            ways["cudnn"] = cudnn
        yield cases("attention", shape, ways, inputs, (moved, 3 * moved), (products, products * 7 // 2))
