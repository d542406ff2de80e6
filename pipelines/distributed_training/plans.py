"""What is learned, from which bytes and for how long: the same for every scheme, and for any number of workers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn import functional

from models.decoder import Decoder, Shape
from models.training import rising_and_falling


def sizes(width: int = 128, layers: int = 4, **other: Any) -> Shape:
    """Return the sizes of the decoder. It has no dropout, so that its gradients do not depend on who computes them.

    Its embedding is not its output layer: these may lie on two workers.
    """
    chosen: dict[str, Any] = {"heads": 4, "context": 128, "grams": (2, 3, 4), "buckets": 2**12, "tied": False}
    return Shape(width=width, layers=layers, **{"vocabulary": 256} | chosen | other)


@dataclass(frozen=True)
class Plan:
    """How a training goes. batch: windows of a step, of all workers together. rate: the highest learning rate.

    steps: of the whole training, by which the learning rate rises and falls. double: in float64. micro: into how many
    parts a pipeline divides a batch.
    """

    shape: Shape = field(default_factory=sizes)
    steps: int = 1_000
    batch: int = 16
    rate: float = 0.003
    decay: float = 0.1
    seed: int = 0
    double: bool = False
    micro: int = 4

    def network(self, shape: Shape | None = None, **options: Any) -> Decoder:
        """Return the decoder before the first step. Every worker makes the same."""
        torch.manual_seed(self.seed)
        return Decoder(shape or self.shape, **options).to(torch.float64 if self.double else torch.float32)

    def windows(self, text: torch.Tensor, step: int) -> torch.Tensor:
        """Return the bytes that a step learns from, (batch, context + 1).

        They depend on nothing but the seed and the step: not on the number of workers, nor on what came before.
        """
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        starts = torch.randint(len(text) - self.shape.context, (self.batch, 1), generator=generator)
        return text[starts + torch.arange(self.shape.context + 1)].long()

    def optimizer(self, weights: Iterable[torch.Tensor]) -> Optimizer:
        """Return what changes some weights, which may be a part of all."""
        return Optimizer(weights, self)


class Optimizer:
    """AdamW with the learning rate of the step. Each weight is changed by itself, so each may lie on another worker."""

    def __init__(self, weights: Iterable[torch.Tensor], plan: Plan):
        self.adam = torch.optim.AdamW(weights, lr=plan.rate, weight_decay=plan.decay)
        self.schedule = rising_and_falling(plan.steps)(self.adam)

    @property
    def weights(self) -> list[torch.Tensor]:
        """Return the weights that it changes."""
        return [weight for group in self.adam.param_groups for weight in group["params"]]

    def step(self) -> None:
        """Change the weights by their gradients."""
        self.adam.step()
        self.schedule.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.adam.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """Return what the next step depends on, beside the weights."""
        return {"adam": self.adam.state_dict(), "schedule": self.schedule.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self.adam.load_state_dict(state["adam"])
        self.schedule.load_state_dict(state["schedule"])


def loss(logits: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of each next byte, in nats. windows: (batch, time + 1)."""
    return functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
