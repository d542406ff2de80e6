"""A step of training a decoder: with the kernels, in torch, and as torch compiles it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.nn import functional

from kernels.adamw import AdamW
from kernels.benchmarks.measure import DEVICE, Case
from kernels.benchmarks.peers import compiled
from models.decoder import Decoder, Shape
from models.fused import fused, loss

SHAPES = {
    "12 layers of 768, 49,152 tokens, 8 x 2,048": (Shape(49152, 768, 12, 12, 4, 2048, context=2048), 8),
    "the decoder of `language_model`, 16 x 128 bytes": (
        Shape(256, 128, 4, 4, context=128, grams=(2, 3, 4, 5, 6), buckets=2**14, grams_dropout=0.4), 16,
    ),
}  # fmt: skip


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape: mixed precision in bfloat16, weights in float32, AdamW."""
    for name, (shape, batch) in SHAPES.items():
        windows = torch.randint(shape.vocabulary, (batch, shape.context + 1), device=DEVICE)
        tokens = batch * shape.context
        count = sum(weight.numel() for weight in Decoder(shape).parameters())
        ways = {kind: _step(kind, shape, windows) for kind in ("capstan", "torch", "compiled")}
        products = 6 * tokens * (count - (shape.buckets * len(shape.grams) * shape.width if shape.grams else 0))
        yield [Case("training_step", "step", name, ways, 28 * count, products, waits=frozenset(ways))]


def _step(kind: str, shape: Shape, windows: torch.Tensor) -> Any:
    torch.manual_seed(0)
    decoder = Decoder(shape).to(DEVICE)
    make = AdamW if kind == "capstan" else lambda weights: torch.optim.AdamW(weights, fused=True)
    optimizer = make(decoder.parameters())
    network = compiled(decoder) if kind == "compiled" else decoder

    def lost() -> torch.Tensor:
        if kind == "capstan":
            return loss(decoder, windows[:, :-1], windows[:, 1:])
        return functional.cross_entropy(network(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(DEVICE, torch.bfloat16):
            made = lost()
        made.backward()
        optimizer.step()

    if kind == "capstan":
        fused(decoder).__enter__()
    return step
