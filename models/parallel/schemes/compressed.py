"""Data parallel with compressed gradients: what a worker leaves out is added to its next gradients (error feedback).

Sources: top-k: Stich et al., "Sparsified SGD with Memory" (2018). 1 bit: Seide et al., "1-Bit Stochastic Gradient
Descent" (2014). PowerSGD: Vogels et al. (2019), algorithm 1. Karimireddy et al., "Error Feedback Fixes SignSGD" (2019),
says why the errors have to come back.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch

from models.parallel.plans import Plan
from models.parallel.schemes.base import OwnRows, Weights, detached
from models.parallel.workers import Workers


class Compressed(OwnRows):
    """Each weight's gradient and its error are compressed together."""

    exact = False

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.network = plan.network()
        self.optimizer = plan.optimizer(self.network.parameters())
        self.errors = [torch.zeros_like(weight) for weight in self.optimizer.weights]

    @abstractmethod
    def mean(self, number: int, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return about the mean of what all workers want to add, and what this one has sent, shaped as `wanted`."""

    def join(self) -> None:
        with torch.no_grad():
            for number, weight in enumerate(self.optimizer.weights):
                assert weight.grad is not None
                wanted = weight.grad + self.errors[number]
                weight.grad, sent = self.mean(number, wanted)
                self.errors[number] = wanted - sent

    def weights(self) -> Weights:
        return detached(self.network)

    def state(self) -> dict[str, Any]:
        return super().state() | {"errors": self.errors}

    def load(self, state: dict[str, Any]) -> None:
        super().load(state)
        self.errors = list(state["errors"])


class TopK(Compressed):
    """The largest values of a gradient, and where they are."""

    share = 0.01

    def mean(self, number: int, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        flat = wanted.flatten()
        where = flat.abs().topk(max(1, round(self.share * len(flat)))).indices
        sent = torch.zeros_like(flat).index_copy(0, where, flat[where])
        values = self.workers.gather(flat[where])
        places = self.workers.gather(where.int())
        total = torch.zeros_like(flat).index_add(0, places.long(), values) / self.workers.size
        return total.view_as(wanted), sent.view_as(wanted)


class OneBit(Compressed):
    """The sign of each value, eight in a byte, and the mean of those above zero and of those below."""

    def mean(self, number: int, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        flat = wanted.flatten()
        above = flat > 0
        count = above.sum()
        means = torch.stack(
            [(flat * ~above).sum() / (~above).sum().clamp(min=1), (flat * above).sum() / count.clamp(min=1)]
        )
        bits = self.workers.gather(packed(above))
        known = self.workers.gather(means).view(-1, 2)
        rows = unpacked(bits.view(self.workers.size, -1), len(flat))
        total = sum(torch.where(row, high, low) for row, (low, high) in zip(rows, known, strict=True))
        assert isinstance(total, torch.Tensor)
        return (total / self.workers.size).view_as(wanted), torch.where(above, means[1], means[0]).view_as(wanted)


class PowerSGD(Compressed):
    """The product of two narrow matrices, by one step of power iteration from the last one. Vectors are sent whole."""

    rank = 4

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        generator = torch.Generator().manual_seed(0)
        self.right = [
            torch.randn(weight[0].numel(), self.rank, generator=generator, dtype=weight.dtype)
            if weight.dim() > 1
            else None
            for weight in self.optimizer.weights
        ]

    def mean(self, number: int, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        right = self.right[number]
        if right is None:
            return self.workers.mean(wanted.clone()), wanted
        matrix = wanted.flatten(1)
        left = torch.linalg.qr(self.workers.mean(matrix @ right)).Q
        right = self.right[number] = self.workers.mean(matrix.T @ left)
        low_rank = (left @ right.T).view_as(wanted)
        return low_rank, low_rank

    def state(self) -> dict[str, Any]:
        return super().state() | {"right": self.right}

    def load(self, state: dict[str, Any]) -> None:
        super().load(state)
        self.right = list(state["right"])


def packed(bits: torch.Tensor) -> torch.Tensor:
    """Return bits, (n,), eight in a byte; the last byte is filled up with zeros."""
    filled = torch.nn.functional.pad(bits.to(torch.uint8), (0, -len(bits) % 8)).view(-1, 8)
    return (filled << torch.arange(8, dtype=torch.uint8)).sum(dim=1, dtype=torch.uint8)


def unpacked(rows: torch.Tensor, count: int) -> torch.Tensor:
    """Return the first `count` bits of each row of bytes, (rows, count)."""
    bits = rows[:, :, None] >> torch.arange(8, dtype=torch.uint8) & 1
    return bits.flatten(1)[:, :count].bool()
