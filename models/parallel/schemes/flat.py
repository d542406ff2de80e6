"""The weights of a unit of a network, one after another in one tensor, of which each worker may own a share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


class Flat:
    """The weights of a unit in one tensor, filled up to a multiple of `size`. The unit's own are views of it."""

    def __init__(self, unit: nn.Module, size: int):
        self.weights = list(unit.parameters())
        self.counts = [weight.numel() for weight in self.weights]
        total = sum(self.counts)
        self.whole = torch.zeros(-(-total // size) * size, dtype=self.weights[0].dtype)
        self.whole[:total] = torch.cat([weight.detach().flatten() for weight in self.weights])
        for weight, part in zip(self.weights, self.whole[:total].split(self.counts), strict=True):
            weight.data = part.view_as(weight)

    def grads(self) -> torch.Tensor:
        """Return the gradients as one tensor, in the same order."""
        grads = torch.zeros_like(self.whole)
        for weight, part in zip(self.weights, grads[: sum(self.counts)].split(self.counts), strict=True):
            assert weight.grad is not None
            part.copy_(weight.grad.flatten())
        return grads

    def on_grads(self, then: Callable[[], None]) -> None:
        """Call `then` each time when all weights have their gradients."""
        missing = len(self.weights)

        def arrived(_: torch.Tensor) -> None:
            nonlocal missing
            missing -= 1
            if not missing:
                missing = len(self.weights)
                then()

        for weight in self.weights:
            weight.register_post_accumulate_grad_hook(arrived)
