"""RMSNorm: what it must move is x and y; backward x, dy and dx."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from kernels.benchmarks.measure import Case, cases
from kernels.benchmarks.peers import compiled, liger
from kernels.rms_norm import rms_norm

SHAPES = ((16384, 576), (16384, 4096))


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape."""

    def plain(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(x, weight.shape, weight, 1e-6)

    ways = {
        "capstan": rms_norm,
        "torch": plain,
        "compiled": compiled(plain),
        **liger("rms_norm", lambda peer, x, weight: peer(x, weight, 1e-6)),
    }
    for tokens, width in SHAPES:
        size = 2 * tokens * width
        shape = f"{tokens:,} x {width:,}"
        yield cases("rms_norm", shape, ways, [(tokens, width), (width,)], (2 * size, 5 * size))
