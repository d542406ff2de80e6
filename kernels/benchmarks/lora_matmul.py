"""A product with a frozen weight and its low-rank change."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from kernels.benchmarks.measure import Case, cases, randn
from kernels.benchmarks.peers import compiled
from kernels.lora_matmul import lora_matmul

RANK, SCALE = 16, 2.0
SHAPES = ((16384, 1536, 576), (8192, 4096, 4096), (8192, 28672, 4096))  # rows, outputs, inputs


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape."""
    for rows, outputs, inputs in SHAPES:
        weight = randn(outputs, inputs, scale=0.02, slope=False)

        def ours(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, weight=weight) -> torch.Tensor:
            return lora_matmul(x, weight, down, up, SCALE)

        def plain(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, weight=weight) -> torch.Tensor:
            return functional.linear(x, weight) + SCALE * functional.linear(functional.linear(x, down), up)

        def inputs_(rows=rows, outputs=outputs, inputs=inputs) -> list[torch.Tensor]:
            return [randn(rows, inputs), randn(RANK, inputs, scale=0.02), randn(outputs, RANK, scale=0.02)]

        products = 2 * rows * outputs * inputs + 2 * rows * RANK * (outputs + inputs)
        narrow = 2 * 2 * rows * RANK * (outputs + inputs)
        moved = 2 * (rows * (inputs + outputs) + outputs * inputs)
        ways = {"capstan": ours, "torch": plain, "compiled": compiled(plain)}
        shape = f"{rows:,} x {inputs:,} x {outputs:,}, rank {RANK}"
        yield cases("lora_matmul", shape, ways, inputs_, (moved, 2 * moved), (products, 2 * products + narrow))
