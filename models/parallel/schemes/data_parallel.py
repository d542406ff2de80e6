"""Data parallel: each worker learns from its rows, and the gradients are averaged while others are still computed.

Gradients are put into buckets in the order in which they come, the last layers first. A bucket that is full is sent at
once. Source: Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training" (2020), section 3.2.
Reference: torch.nn.parallel.DistributedDataParallel, 1e-6 in each weight after 20 steps.
"""

from __future__ import annotations

from typing import Any

import torch

from models.parallel.plans import Plan
from models.parallel.schemes.base import OwnRows, Weights, detached
from models.parallel.workers import Workers

BUCKET = 2**20  # bytes


class DataParallel(OwnRows):
    """Whole weights, gradients and moments on each worker."""

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.network = plan.network()
        self.optimizer = plan.optimizer(self.network.parameters())
        self.buckets = [Bucket(some, workers) for some in parted(self.optimizer.weights)]

    def join(self) -> None:
        for bucket in self.buckets:
            bucket.finish()

    def weights(self) -> Weights:
        return detached(self.network)


class Bucket:
    """Some weights whose gradients are sent together, as soon as the last of them is there."""

    def __init__(self, weights: list[torch.Tensor], workers: Workers):
        self.workers, self.grads, self.missing = workers, weights, len(weights)
        self.flat: torch.Tensor
        self.work: Any
        for weight in weights:
            weight.register_post_accumulate_grad_hook(self._arrived)

    def _arrived(self, weight: torch.Tensor) -> None:
        self.missing -= 1
        if not self.missing:
            self.flat = torch.cat([_grad(weight).flatten() for weight in self.grads])
            self.work = self.workers.begin_sum(self.flat)

    def finish(self) -> None:
        """Wait for the sum, and put the mean in the place of the gradients."""
        if self.work:
            self.work.wait()
        self.flat.div_(self.workers.size)
        for weight, part in zip(self.grads, self.flat.split([grad.numel() for grad in self.grads]), strict=True):
            _grad(weight).copy_(part.view_as(weight))
        self.missing = len(self.grads)
        del self.flat, self.work


def parted(weights: list[torch.Tensor], most: int = BUCKET) -> list[list[torch.Tensor]]:
    """Return the weights in buckets of so many bytes, the last ones first; one that is larger is alone."""
    buckets: list[list[torch.Tensor]] = [[]]
    room = most
    for weight in reversed(weights):
        if buckets[-1] and weight.nbytes > room:
            buckets.append([])
            room = most
        buckets[-1].append(weight)
        room -= weight.nbytes
    return buckets


def _grad(weight: torch.Tensor) -> torch.Tensor:
    assert weight.grad is not None
    return weight.grad
