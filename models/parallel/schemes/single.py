"""One worker: what every other scheme is compared with.

Reference: torch's DistributedDataParallel, fully_shard and checkpoint, 1e-6 in each weight after 20 steps.
"""

from __future__ import annotations

import torch

from models.parallel.plans import Plan
from models.parallel.schemes.base import Scheme, Weights, detached
from models.parallel.workers import Workers


class Single(Scheme):
    """Each worker learns from the whole batch, so that more of them change nothing."""

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.network = plan.network()
        self.optimizer = plan.optimizer(self.network.parameters())

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        self.optimizer.zero_grad()
        with self.workers.span("compute"):
            loss = self.plan.loss(self.network, batch)
            loss.backward()
        self.optimizer.step()
        return loss.detach()

    def weights(self) -> Weights:
        return detached(self.network)
