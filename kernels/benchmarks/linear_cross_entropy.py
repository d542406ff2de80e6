"""A linear layer and its cross entropy: three products, one of them for the forward pass alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn import functional

from kernels.benchmarks.measure import DEVICE, Case, cases
from kernels.benchmarks.peers import compiled, liger
from kernels.linear_cross_entropy import linear_cross_entropy

SHAPES = ((16384, 576, 49152), (8192, 4096, 128256))


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape. The forward pass alone is one without gradients."""

    def plain(x: torch.Tensor, weight: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(functional.linear(x, weight), right)

    ways: dict[str, Callable[..., Any]] = {
        "capstan": linear_cross_entropy,
        "torch": plain,
        "compiled": compiled(plain),
        **liger("fused_linear_cross_entropy"),
    }
    for tokens, width, classes in SHAPES:
        right = torch.randint(classes, (tokens,), device=DEVICE)
        products = 2 * tokens * width * classes
        shape = f"{tokens:,} x {width:,} x {classes:,}"
        moved = 2 * (tokens + classes) * width
        yield cases(
            "linear_cross_entropy", shape, ways, [(tokens, width), (classes, width)],
            (moved, 3 * moved), (products, 3 * products), fixed=(right,), waits=("liger",),
        )  # fmt: skip
