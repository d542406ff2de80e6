"""Cross entropy: what it must move is the logits; backward the logits again, and their gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn import functional

from kernels.benchmarks.measure import DEVICE, Case, cases
from kernels.benchmarks.peers import compiled, liger
from kernels.cross_entropy import cross_entropy

SHAPES = ((16384, 49152), (8192, 128256))


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape."""
    ways: dict[str, Callable[..., Any]] = {
        "capstan": cross_entropy,
        "torch": functional.cross_entropy,
        "compiled": compiled(lambda x, right: functional.cross_entropy(x, right)),
        **liger("cross_entropy"),
    }
    for tokens, classes in SHAPES:
        size = 2 * tokens * classes
        right = torch.randint(classes, (tokens,), device=DEVICE)
        shape = f"{tokens:,} x {classes:,}"
        yield cases(
            "cross_entropy",
            shape,
            ways,
            [(tokens, classes)],
            (size, 3 * size),
            fixed=(right,),
            waits=("liger",),
        )
