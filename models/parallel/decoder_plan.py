"""The decoder of `language_model`, which learns the next byte of a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.parallel.plans import Plan
from models.transformer.decoder import Decoder, Shape, opened
from models.transformer.measures import by_block, losses


def sizes(width: int = 128, layers: int = 4, **other: Any) -> Shape:
    """Return the sizes of the decoder. It has no dropout, so that its gradients do not depend on who computes them.

    Its embedding is not its output layer: these may lie on two workers.
    """
    chosen: dict[str, Any] = {"heads": 4, "context": 128, "grams": (2, 3, 4), "buckets": 2**12, "tied": False}
    return Shape(width=width, layers=layers, **{"vocabulary": 256} | chosen | other)


@dataclass(frozen=True)
class DecoderPlan(Plan):
    """The data are bytes, and a row is a window of them. micro: into how many parts a pipeline divides a batch."""

    shape: Shape = field(default_factory=sizes)
    micro: int = field(default=4, kw_only=True)

    def network(self, **options: Any) -> Decoder:
        torch.manual_seed(self.seed)
        return Decoder(self.shape, **options).to(self.dtype)

    def units(self, network: nn.Module) -> Iterator[nn.Module]:
        """Yield the embeddings, each block, the norm and the head."""
        decoder = cast(Decoder, network)
        yield decoder.embedding
        if decoder.grams:
            yield decoder.grams
        yield from decoder.blocks
        yield decoder.norm
        yield decoder.head

    def rows(self, data: torch.Tensor, step: int) -> torch.Tensor:
        """Return windows, (batch, context + 1)."""
        starts = torch.randint(len(data) - self.shape.context, (self.batch, 1), generator=self.random(step))
        return data[starts + torch.arange(self.shape.context + 1)].long()

    def loss(self, network: nn.Module, rows: torch.Tensor) -> torch.Tensor:
        return loss(network(rows[:, :-1]), rows)

    def bits(self, weights: Mapping[str, torch.Tensor], test: np.ndarray) -> np.ndarray:
        """Return the bits per byte of each passage of 1,000 bytes."""
        return by_block(losses(opened(self.shape, weights), test, self.shape.context) / np.log(2))


def loss(logits: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of each next byte, in nats. windows: (batch, time + 1)."""
    return functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
