"""What every training has: a network, the rows of each step and their loss, and how the weights change by them.

A plan is the same for every scheme, and for any number of workers. `decoder_plan.py` and `digits_plan.py` are the two.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from models.learning.training import rising_and_falling


@dataclass(frozen=True, kw_only=True)
class Plan(ABC):
    """How a training goes. batch: rows of a step, of all workers together. rate: the highest learning rate.

    steps: of the whole training, by which the learning rate rises and falls. double: in float64.
    """

    steps: int = 1_000
    batch: int = 16
    rate: float = 0.003
    decay: float = 0.1
    seed: int = 0
    double: bool = False

    @abstractmethod
    def network(self) -> nn.Module:
        """Return the network before the first step. Every worker makes the same."""

    @abstractmethod
    def units(self, network: nn.Module) -> Iterator[nn.Module]:
        """Yield the parts of a network, each called once on the way forward, that a scheme may hold one at a time."""

    @abstractmethod
    def rows(self, data: torch.Tensor, step: int) -> torch.Tensor:
        """Return the rows that a step learns from, (batch, ...).

        They depend on nothing but the seed and the step: not on the number of workers, nor on what came before.
        """

    @abstractmethod
    def loss(self, network: nn.Module, rows: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of some rows, in nats."""

    @abstractmethod
    def bits(self, weights: Mapping[str, torch.Tensor], test: np.ndarray) -> np.ndarray:
        """Return what each sampled unit of the test data costs a network with some weights, in bits, (n,)."""

    @property
    def dtype(self) -> torch.dtype:
        """Return the type of the weights."""
        return torch.float64 if self.double else torch.float32

    def random(self, step: int) -> torch.Generator:
        """Return what draws the rows of a step."""
        return torch.Generator().manual_seed(1_000_003 * self.seed + step)

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
        """Return what the next step depends on, next to the weights."""
        return {"adam": self.adam.state_dict(), "schedule": self.schedule.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self.adam.load_state_dict(state["adam"])
        self.schedule.load_state_dict(state["schedule"])
