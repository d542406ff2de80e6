"""Training a network: batches, a learning rate that rises and falls once, and a checkpoint after each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from pipelines.digits import attacks
from pipelines.digits.augmentation import distorted

# What noise or attack does to a batch before the network sees it.
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


def attacked(eps: float, steps: int = 7) -> Harden:
    """Return what trains on the worst case within `eps`, found by PGD against the network as it is."""

    def harden(
        network: nn.Module, images: torch.Tensor, labels: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        network.eval()
        found = attacks.pgd(network, images, labels, eps, steps=steps, generator=generator)
        network.train()
        return found

    return harden


def noisy(sigma: float) -> Harden:
    """Return what trains under the noise that randomized smoothing adds."""
    return lambda _network, images, _labels, generator: (
        images + torch.randn(images.shape, generator=generator).to(images.device) * sigma
    )


def batches(count: int, plan: Plan, epoch: int, share: int = 0, shares: int = 1) -> Iterator[torch.Tensor]:
    """Yield the positions of each batch of an epoch. Each of `shares` workers gets its part of every batch."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(1_000 * plan.seed + epoch))
    for start in range(0, count - plan.batch + 1, plan.batch):
        yield order[start + share : start + plan.batch : shares]


def fit(
    network: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    plan: Plan,
    *,
    harden: Harden | None = None,
    share: int = 0,
    shares: int = 1,
    state: dict[str, Any] | None = None,
    after_epoch: Callable[[int, dict[str, Any]], None] = lambda epoch, state: None,
) -> nn.Module:
    """Train a network in place, and return it, ready to answer.

    images: shape (n, 1, 28, 28). labels: shape (n,). state: a checkpoint to go on from. after_epoch: gets the number of epochs
    done and the checkpoint. With the same plan the result is the same, whether it was interrupted or not.
    """
    device = images.device
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
    steps = plan.epochs * (len(images) // plan.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, plan.rate, total_steps=max(steps, 1), pct_start=0.2)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    done = 0
    if state:
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        scaler.load_state_dict(state["scaler"])
        done = state["epochs"]
    for epoch in range(done, plan.epochs):
        network.train()
        seed = 1_000_000 * (plan.seed + 1) + 1_000 * epoch + share
        torch.manual_seed(seed)  # of the network's dropout
        generator = torch.Generator().manual_seed(seed)
        for positions in batches(len(images), plan, epoch, share, shares):
            some = distorted(images[positions], generator)
            if harden:
                some = harden(network, some, labels[positions], generator)
            optimizer.zero_grad()
            with torch.autocast(device.type, enabled=device.type == "cuda"):  # half the memory, and faster, on a GPU
                loss = functional.cross_entropy(network(some), labels[positions], label_smoothing=plan.smoothing)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
        parts = {"network": network, "optimizer": optimizer, "schedule": schedule, "scaler": scaler}
        after_epoch(epoch + 1, {name: part.state_dict() for name, part in parts.items()} | {"epochs": epoch + 1})
    return network.eval()


def quick(plan: Plan, epochs: int) -> Plan:
    """Return the same plan for fewer epochs."""
    return replace(plan, epochs=epochs)


@torch.no_grad()
def logits(network: nn.Module, images: torch.Tensor, batch: int = 500) -> torch.Tensor:
    """Return what a network says of images, shape (n, 10)."""
    return torch.cat([network(some) for some in images.split(batch)])


def accuracy(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of images that are read correctly."""
    return float((logits(network, images).argmax(dim=1) == labels).float().mean())
