"""AdamW: what it must move is four tensors in, three out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from kernels.adamw import AdamW
from kernels.benchmarks.measure import DEVICE, Case
from kernels.benchmarks.peers import compiled

SMALL = [(49152, 576), *[(960, 576), (576, 576), (3072, 576), (576, 1536), (576,), (576,)] * 30]
LARGE = [(6144, 4096), (4096, 4096), (28672, 4096), (4096, 14336), (4096,), (4096,)] * 4
SHAPES = ((SMALL, torch.float32, "SmolLM2-135M"), (LARGE, torch.bfloat16, "4 layers of Llama 8B"))


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape: the weights of SmolLM2-135M, float32; four layers of Llama 8B, bfloat16."""
    for shapes, kind, name in SHAPES:
        count = sum(torch.Size(shape).numel() for shape in shapes)

        def made(optimizer: Callable[..., Any], shapes=shapes, kind=kind) -> Any:
            weights = [torch.randn(*shape, device=DEVICE, dtype=kind, requires_grad=True) for shape in shapes]
            for weight in weights:
                weight.grad = torch.randn_like(weight)
            return optimizer(weights)

        plain = made(lambda weights: torch.optim.AdamW(weights, foreach=True))
        ways = {
            "capstan": made(AdamW).step,
            "torch": made(lambda weights: torch.optim.AdamW(weights, fused=True)).step,
            "compiled": compiled(plain.step),
        }
        size = torch.empty(0, dtype=kind).element_size()
        shape = f"{name}, {count / 1e6:.0f}M in {len(shapes)} tensors, {str(kind).removeprefix('torch.')}"
        yield [Case("adamw", "step", shape, ways, 7 * size * count, waits=frozenset(ways))]
