"""DistributedDataParallel of torch, beside `data_parallel.py`."""

from __future__ import annotations

import torch
from torch.nn.parallel import DistributedDataParallel

from pipelines.distributed_training.plans import Plan
from pipelines.distributed_training.schemes.base import Scheme, Weights, detached
from pipelines.distributed_training.workers import Workers


class TorchDDP(Scheme):
    """What it sends is not counted here: see the bytes on the wire."""

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.network = plan.network()
        self.joined = DistributedDataParallel(self.network)
        self.optimizer = plan.optimizer(self.network.parameters())

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        rows = self.workers.share(batch)
        self.optimizer.zero_grad()
        with self.workers.span("compute"):
            made = self.plan.loss(self.joined, rows)
            made.backward()
        self.optimizer.step()
        return made.detach()

    def weights(self) -> Weights:
        return detached(self.network)
