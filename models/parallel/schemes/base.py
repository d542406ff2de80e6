"""What every scheme offers: a step on a batch, the whole weights, and a state to go on from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch

from models.parallel.plans import Optimizer, Plan
from models.parallel.workers import Workers

Weights = dict[str, torch.Tensor]


class Scheme(ABC):
    """One worker's part of a training. Each worker makes one, and calls `step` with the same batch of all workers.

    exact: whether the weights are those of one worker, but for rounding. of_decoder: whether it cuts a decoder apart,
    and trains no other network.
    """

    exact: ClassVar[bool] = True
    of_decoder: ClassVar[bool] = False
    optimizer: Optimizer

    def __init__(self, plan: Plan, workers: Workers):
        self.plan, self.workers = plan, workers

    @abstractmethod
    def step(self, batch: torch.Tensor) -> torch.Tensor:
        """Learn from the rows of a batch, (batch, ...); return this worker's mean loss.

        The mean over the workers is that of the batch.
        """

    @abstractmethod
    def weights(self) -> Weights:
        """Return the weights of the whole network. All workers call it together."""

    def state(self) -> dict[str, Any]:
        """Return what this worker's next step depends on."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "weights": [weight.detach() for weight in self.optimizer.weights],
        }

    @torch.no_grad()
    def load(self, state: dict[str, Any]) -> None:
        """Go on from the state of the same worker. All workers call it together."""
        for weight, known in zip(self.optimizer.weights, state["weights"], strict=True):
            weight.copy_(known)
        self.optimizer.load_state_dict(state["optimizer"])


class OwnRows(Scheme):
    """A scheme whose workers compute their own rows of a batch. Hooks of the network, or `join`, send the gradients."""

    network: torch.nn.Module

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        rows = self.workers.share(batch)
        self.optimizer.zero_grad()
        with self.workers.span("compute"):
            loss = self.plan.loss(self.network, rows)
            loss.backward()
        self.join()
        self.optimizer.step()
        return loss.detach()

    def join(self) -> None:
        """Make of each worker's gradients those of the batch, where hooks have not done it."""


def applied(function: type[torch.autograd.Function], *given: Any) -> torch.Tensor:
    """Return what a function of autograd makes."""
    output: torch.Tensor = function.apply(*given)
    return output


def detached(network: torch.nn.Module) -> Weights:
    """Return a copy of the weights of a network."""
    return {name: values.detach().clone() for name, values in network.state_dict().items()}
