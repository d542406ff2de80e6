"""How both networks learn: Adam, batches in random order, a learning rate that rises and falls."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

BATCH = 64
RATE = 3e-3


def learn(
    network: nn.Module, loss: Callable[..., torch.Tensor], data: list[torch.Tensor], epochs: int, seed: int
) -> None:
    """Fit a network in place. `loss` takes a batch of each tensor in `data`.

    Source of the schedule: Smith and Topin, "Super-Convergence" (2017).
    """
    batches = -(-len(data[0]) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * batches)
    order = torch.Generator().manual_seed(seed)
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(data[0]), generator=order).split(BATCH):
            optimizer.zero_grad()
            loss(*(tensor[rows] for tensor in data)).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    network.eval()
