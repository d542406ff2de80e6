"""Train a torch network: epochs of batches, a schedule of the learning rate, a checkpoint after each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

State = dict[str, Any]
Schedule = Callable[[torch.optim.Optimizer], LRScheduler]
RISE = 0.2  # the share of the steps in which the learning rate rises


def fit(
    network: nn.Module,
    loss: Callable[[nn.Module, Any], torch.Tensor],
    batches: Callable[[int], Iterable[Any]],
    *,
    epochs: int,
    rate: float,
    decay: float = 0.01,
    schedule: Schedule | None = None,
    clip: float | None = None,
    fused: bool | None = None,
    parted: Callable[[Any], Sequence[Any]] = lambda batch: [batch],
    bfloat16: bool = False,
    joined: Callable[[nn.Module], nn.Module] = lambda network: network,
    state: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> nn.Module:
    """Train a network in place with AdamW, and return it, ready to answer. On a GPU in mixed precision.

    loss: of the network and a batch. batches: those of an epoch, by its number, 0 is the first. schedule: of the
    learning rate, which is `rate` without one; it takes a step per batch. clip: the largest norm of the gradients.
    fused: whether an update is one pass over the weights, which is faster where they are many. parted: makes of a batch
    parts of one size, whose gradients add up to those of the batch: it needs less memory. bfloat16: mixed precision of
    this kind, on a CPU too. joined: makes of the
    network one whose gradients are those of all workers. state: a checkpoint to go on from. after_epoch: gets each
    checkpoint. Where `batches` depend on nothing but their epoch, a training that was interrupted ends with the same
    weights as if it were not.
    """
    kind = next(network.parameters()).device.type
    whole = joined(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay, fused=fused)
    scheduler = schedule(optimizer) if schedule else LambdaLR(optimizer, lambda _: 1.0)
    scaler = torch.amp.GradScaler(kind, enabled=kind == "cuda")
    parts: dict[str, Any] = {"network": network, "optimizer": optimizer, "schedule": scheduler, "scaler": scaler}
    for name, part in parts.items():
        if state:
            part.load_state_dict(state[name])
    for epoch in range(state["epochs"] if state else 0, epochs):
        network.train()
        for batch in batches(epoch):
            optimizer.zero_grad()
            parts_of_batch = parted(batch)
            for part in parts_of_batch:
                with torch.autocast(kind, torch.bfloat16 if bfloat16 else None, enabled=kind == "cuda" or bfloat16):
                    part_loss = loss(whole, part) / len(parts_of_batch)
                scaler.scale(part_loss).backward()
            if clip:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(network.parameters(), clip)
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
        after_epoch({name: part.state_dict() for name, part in parts.items()} | {"epochs": epoch + 1})
    return network.eval()


def rising_and_falling(steps: int) -> Schedule:
    """Return the schedule that rises to the highest learning rate, and falls to 0 at the last of some steps.

    Source: Smith and Topin, "Super-Convergence" (2017).
    """

    def share(step: int) -> float:
        done = step / max(1, steps)
        if done < RISE:
            return 0.04 + 0.96 * done / RISE
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (done - RISE) / (1 - RISE))))

    return lambda optimizer: LambdaLR(optimizer, share)
