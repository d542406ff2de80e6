"""SwiGLU: what it must move is gate, up and y; backward gate, up, dy and both gradients."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from kernels.benchmarks.measure import Case, cases
from kernels.benchmarks.peers import compiled, liger
from kernels.swiglu import swiglu

SHAPES = ((16384, 1536), (16384, 14336))


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape. Liger takes gate and up apart, as a model with two products has them."""

    def plain(gate_up: torch.Tensor) -> torch.Tensor:
        gate, up = gate_up.chunk(2, dim=-1)
        return functional.silu(gate) * up

    ways = {"capstan": swiglu, "torch": plain, "compiled": compiled(plain)}
    for tokens, width in SHAPES:
        size, shape = 2 * tokens * width, f"{tokens:,} x {width:,}"
        ours = cases("swiglu", shape, ways, [(tokens, 2 * width)], (3 * size, 8 * size))
        theirs = cases("swiglu", shape, liger("swiglu"), [(tokens, width), (tokens, width)], (0, 0))
        for case, rival in zip(ours, theirs, strict=True):
            case.ways.update(rival.ways)
        yield ours
