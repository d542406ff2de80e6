"""Training a network: batches, a learning rate that rises and falls once, and a checkpoint after each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from pipelines.digits.augmentation import distorted

State = dict[str, Any]
RISE = 0.2  # the share of the steps in which the learning rate rises
# What noise or an attack does to a batch before the network sees it.
Harden = Callable[[nn.Module, torch.Tensor, torch.Tensor, torch.Generator], torch.Tensor]


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
    joined: Callable[[nn.Module], nn.Module] = lambda network: network,
    state: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> nn.Module:
    """Train a network in place, and return it, ready to answer.

    images: bytes, shape (n, 1, 28, 28). labels: shape (n,). Each of `shares` workers gets its part of every batch;
    `joined` makes of the network one whose gradients are those of all. state: a checkpoint to go on from.
    after_epoch: gets each checkpoint. Training that was interrupted ends with the same weights as if it were not.
    """
    kind = images.device.type
    # Several times faster on a CPU. The types of torch do not know this keyword.
    whole = joined(network.to(memory_format=torch.channels_last))  # type: ignore[call-overload]  # torch's types lack it
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
    steps = plan.epochs * (len(images) // plan.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rising_and_falling(step / max(1, steps)))
    scaler = torch.amp.GradScaler(kind, enabled=kind == "cuda")
    parts: dict[str, Any] = {"network": network, "optimizer": optimizer, "schedule": schedule, "scaler": scaler}
    for name, part in parts.items():
        if state:
            part.load_state_dict(state[name])
    for epoch in range(state["epochs"] if state else 0, plan.epochs):
        network.train()
        seed = 1_000_000 * (plan.seed + 1) + 1_000 * epoch + share
        torch.manual_seed(seed)  # of the network's dropout
        generator = torch.Generator().manual_seed(seed)
        for positions in batches(len(images), plan, epoch, share, shares):
            some, truth = distorted(scaled(images[positions]), generator), labels[positions]
            if harden:
                some = harden(network, some, truth, generator)
            optimizer.zero_grad()
            with torch.autocast(kind, enabled=kind == "cuda"):  # mixed precision, on a GPU
                loss = functional.cross_entropy(whole(some), truth, label_smoothing=plan.smoothing)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
        after_epoch({name: part.state_dict() for name, part in parts.items()} | {"epochs": epoch + 1})
    return network.eval()


def rising_and_falling(done: float) -> float:
    """Return the share of the highest learning rate when a share of the steps is done.

    Source: Smith and Topin, "Super-Convergence" (2017).
    """
    if done < RISE:
        return 0.04 + 0.96 * done / RISE
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (done - RISE) / (1 - RISE))))


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
