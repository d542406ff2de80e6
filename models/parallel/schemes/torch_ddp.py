"""DistributedDataParallel of torch, next to `data_parallel.py`."""

from __future__ import annotations

from torch.nn.parallel import DistributedDataParallel

from models.parallel.plans import Plan
from models.parallel.schemes.base import OwnRows, Weights, detached
from models.parallel.workers import Workers


class TorchDDP(OwnRows):
    """What it sends is not counted here: see the bytes on the wire."""

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.inner = plan.network()
        self.network = DistributedDataParallel(self.inner)
        self.optimizer = plan.optimizer(self.network.parameters())

    def weights(self) -> Weights:
        return detached(self.inner)
