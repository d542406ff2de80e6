"""How the networks learn: distorted digits, batches that workers can share, a loss with smoothed labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from models.learning import training
from models.vision.augmentation import distorted

# What noise or an attack does to a batch before the network sees it.
Harden = Callable[[nn.Module, torch.Tensor, torch.Tensor, torch.Generator], torch.Tensor]
Batch = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Plan:
    """How long and how. `rate` is the highest learning rate."""

    epochs: int = 6
    batch: int = 128
    rate: float = 0.003
    decay: float = 0.01
    smoothing: float = 0.05  # of the labels
    seed: int = 0


def fit(
    network: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    plan: Plan,
    *,
    harden: Harden | None = None,
    share: int = 0,
    shares: int = 1,
    **more: Any,
) -> nn.Module:
    """Train a network in place, and return it, ready to answer.

    images: bytes, shape (n, 1, 28, 28). labels: shape (n,). Each of `shares` workers gets its part of every batch.
    more: as in `models.learning.training.fit`.
    """

    def drawn(epoch: int) -> Iterator[Batch]:
        seed = 1_000_000 * (plan.seed + 1) + 1_000 * epoch + share
        torch.manual_seed(seed)  # of the network's dropout
        generator = torch.Generator().manual_seed(seed)
        for positions in batches(len(images), plan, epoch, share, shares):
            some, truth = distorted(scaled(images[positions]), generator), labels[positions]
            yield (harden(network, some, truth, generator) if harden else some), truth

    def loss(network: nn.Module, batch: Batch) -> torch.Tensor:
        some, truth = batch
        return functional.cross_entropy(network(some), truth, label_smoothing=plan.smoothing)

    # Several times faster on a CPU.
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types lack it
    schedule = training.rising_and_falling(plan.epochs * (len(images) // plan.batch))
    options: dict[str, Any] = {"epochs": plan.epochs, "rate": plan.rate, "decay": plan.decay, "schedule": schedule}
    return training.fit(network, loss, drawn, **options, **more)


def batches(count: int, plan: Plan, epoch: int, share: int = 0, shares: int = 1) -> Iterator[torch.Tensor]:
    """Yield the positions of each batch of an epoch, those of one share. What does not fill a batch is left out."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(1_000 * plan.seed + epoch))
    for start in range(0, count - plan.batch + 1, plan.batch):
        yield order[start + share : start + plan.batch : shares]


def scaled(images: torch.Tensor) -> torch.Tensor:
    """Return bytes as numbers from 0 to 1."""
    return images.float() / 255


@torch.no_grad()
def answers(network: nn.Module, images: torch.Tensor, batch: int = 500) -> torch.Tensor:
    """Return the digit that a network sees in each image, shape (n,). images: from 0 to 1."""
    return torch.cat([network(some).argmax(dim=1) for some in images.split(batch)])


def accuracy(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of images, from 0 to 1, that are read correctly."""
    return float((answers(network, images) == labels).float().mean())
