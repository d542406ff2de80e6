"""Sums of embeddings: what they must move is the rows of each bag, and the sums; backward the table's gradient too."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from kernels.benchmarks.measure import DEVICE, Case, cases, randn
from kernels.benchmarks.peers import compiled
from kernels.embedding_bag import embedding_bag

SHAPES = ((9066, 64, 4096, 100), (1_000_000, 128, 16384, 50))  # rows, width, bags, rows of a bag


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape. Rows are popular by Zipf's law, as films are."""
    for rows, width, bags, long in SHAPES:
        ranks = torch.arange(1, rows + 1, device=DEVICE).float()
        indices = torch.multinomial((1 / ranks).cpu(), bags * long, replacement=True).to(DEVICE)
        starts = torch.arange(0, bags * long, long, device=DEVICE)

        def ours(weight: torch.Tensor, indices=indices, starts=starts) -> torch.Tensor:
            return embedding_bag(indices, weight, starts)

        def plain(weight: torch.Tensor, indices=indices, starts=starts) -> torch.Tensor:
            return functional.embedding_bag(indices, weight, starts, mode="sum")

        def inputs(rows=rows, width=width) -> list[torch.Tensor]:
            return [randn(rows, width).detach().float().requires_grad_()]

        moved = 4 * width * (bags * long + bags)
        shape = f"{bags:,} bags of {long} of {rows:,} x {width}"
        ways = {"capstan": ours, "torch": plain, "compiled": compiled(plain)}
        yield cases(
            "embedding_bag", shape, ways, inputs, (moved, 2 * moved + 4 * rows * width), waits=("torch", "compiled")
        )
