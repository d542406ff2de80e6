"""Products with packed weights: what they must move is the codes, the scales, x and y."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch

from kernels.benchmarks.measure import DEVICE, Case, randn
from kernels.benchmarks.peers import compiled

SHAPES = ((1, 28672, 4096), (1, 4096, 14336), (16, 28672, 4096), (1, 128256, 4096), (4096, 28672, 4096))


def measured(
    kernel: str, ours: Callable[..., Any], plain: Callable[..., Any], quantized: Callable[..., Any]
) -> Iterator[list[Case]]:
    """Yield the cases of each shape, (rows, outputs, inputs): layers and the head of Llama 8B; many rows as well."""
    for rows, outputs, inputs in SHAPES:
        x = randn(rows, inputs, slope=False)
        packed = quantized(torch.randn(outputs, inputs, device=DEVICE))
        full = randn(outputs, inputs, slope=False)
        ways = {"capstan": ours, "torch": plain, "compiled": compiled(plain)}
        runs: dict[str, Callable[[], Any]] = {name: functools.partial(way, x, *packed) for name, way in ways.items()}
        runs["bfloat16"] = functools.partial(torch.matmul, x, full.T)
        moved = sum(part.numel() * part.element_size() for part in packed) + 2 * rows * (outputs + inputs)
        yield [
            Case(kernel, "forward", f"{rows:,} x {inputs:,} x {outputs:,}", runs, moved, 2 * rows * outputs * inputs)
        ]
