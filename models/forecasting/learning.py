"""How both networks learn: Adam, batches in random order, a learning rate that rises and falls."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from models.learning import training

BATCH = 64
RATE = 3e-3


def learn(
    network: nn.Module, loss: Callable[..., torch.Tensor], data: list[torch.Tensor], epochs: int, seed: int
) -> None:
    """Fit a network in place. `loss` takes a batch of each tensor in `data`.

    Source of the schedule: Smith and Topin, "Super-Convergence" (2017).
    """
    steps = epochs * -(-len(data[0]) // BATCH)
    order = torch.Generator().manual_seed(seed)

    def batches(_epoch: int) -> Iterator[list[torch.Tensor]]:
        for rows in torch.randperm(len(data[0]), generator=order).split(BATCH):
            yield [tensor[rows] for tensor in data]

    training.fit(
        network,
        lambda _, batch: loss(*batch),
        batches,
        epochs=epochs,
        rate=RATE,
        schedule=lambda optimizer: OneCycleLR(optimizer, RATE, total_steps=steps),
        clip=1.0,
    )
