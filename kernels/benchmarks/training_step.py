"""A step of training a decoder, with the kernels and in torch: as it is, compiled, and launched as one graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.nn import functional

from kernels.adamw import AdamW
from kernels.benchmarks.measure import DEVICE, Case
from kernels.benchmarks.peers import compiled
from models.transformer.decoder import Decoder, Shape
from models.transformer.fused import fused, loss

SHAPES = {
    "12 layers of 768, 49,152 tokens, 8 x 2,048": (Shape(49152, 768, 12, 12, 4, 2048, context=2048), 8),
    "the decoder of `language_model`, 16 x 128 bytes": (
        Shape(256, 128, 4, 4, context=128, grams=(2, 3, 4, 5, 6), buckets=2**14, grams_dropout=0.4), 16,
    ),
}  # fmt: skip
GRAPH = "reduce-overhead"  # torch.compile records its launches once, and replays them
WAYS = {
    "capstan": (True, lambda objective: objective),
    "torch": (False, lambda objective: objective),
    "compiled": (False, compiled),
    "compiled, a graph": (False, lambda objective: compiled(objective, GRAPH)),
    "kernels, compiled": (True, compiled),
    "kernels, compiled, a graph": (True, lambda objective: compiled(objective, GRAPH)),
}  # with the kernels or not, and how it is launched


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape: mixed precision in bfloat16, weights in float32, AdamW."""
    for name, (shape, batch) in SHAPES.items():
        windows = torch.randint(shape.vocabulary, (batch, shape.context + 1), device=DEVICE)
        tokens = batch * shape.context
        count = sum(weight.numel() for weight in Decoder(shape).parameters())
        ways = {way: _step(*how, shape, windows) for way, how in WAYS.items()}
        products = 6 * tokens * (count - (shape.buckets * len(shape.grams) * shape.width if shape.grams else 0))
        yield [Case("training_step", "step", name, ways, 28 * count, products, waits=frozenset(ways))]


def _step(kernels: bool, made: Any, shape: Shape, windows: torch.Tensor) -> Any:
    torch.manual_seed(0)
    decoder = Decoder(shape).to(DEVICE)
    weights = decoder.parameters()
    optimizer = AdamW(weights) if kernels else torch.optim.AdamW(weights, fused=True)
    objective = made(loss if kernels else _loss)

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(DEVICE, torch.bfloat16):
            found = objective(decoder, windows[:, :-1], windows[:, 1:])
        found.backward()
        optimizer.step()

    if kernels:
        fused(decoder).__enter__()
    return step


def _loss(decoder: Decoder, tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(decoder(tokens).flatten(0, 1), targets.flatten())
