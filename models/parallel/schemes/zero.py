"""ZeRO, stages 1 and 2: each worker keeps the moments of its share of the weights, and in stage 2 their gradients.

Source: Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models" (2020), section 5.
"""

from __future__ import annotations

from functools import partial

import torch

from models.parallel.plans import Plan
from models.parallel.schemes.base import Scheme, Weights, detached
from models.parallel.schemes.flat import Flat
from models.parallel.workers import Workers


class ZeroTwo(Scheme):
    """Gradients of a unit are summed where their share belongs, and given up, as soon as they are there."""

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.network = plan.network()
        self.flats = [Flat(unit, workers.size) for unit in plan.units(self.network)]
        self.shares = [flat.whole.view(workers.size, -1)[workers.rank] for flat in self.flats]
        self.optimizer = plan.optimizer(self.shares)
        for flat, share in zip(self.flats, self.shares, strict=True):
            flat.on_grads(partial(self.arrived, flat, share))

    def arrived(self, flat: Flat, share: torch.Tensor) -> None:
        """Keep this worker's share of the mean gradients of a unit."""
        share.grad = self.workers.scatter_sum(flat.grads()).div_(self.workers.size)
        for weight in flat.weights:
            weight.grad = None

    def reduced(self) -> None:
        """Do what is left to do after all gradients have come."""

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        rows = self.workers.share(batch)
        self.network.zero_grad()
        self.optimizer.zero_grad()
        with self.workers.span("compute"):
            loss = self.plan.loss(self.network, rows)
            loss.backward()
        self.reduced()
        self.optimizer.step()
        self.spread()
        return loss.detach()

    @torch.no_grad()
    def spread(self) -> None:
        """Give each worker the shares that the others have changed."""
        for flat, share in zip(self.flats, self.shares, strict=True):
            self.workers.gather(share.clone(), flat.whole)

    def load(self, state: dict[str, object]) -> None:
        super().load(state)
        self.spread()

    def weights(self) -> Weights:
        return detached(self.network)


class ZeroOne(ZeroTwo):
    """Each worker has all gradients, and changes its share of the weights."""

    def arrived(self, flat: Flat, share: torch.Tensor) -> None:
        pass

    def reduced(self) -> None:
        for flat, share in zip(self.flats, self.shares, strict=True):
            whole = self.workers.mean(flat.grads())
            for weight, part in zip(flat.weights, whole[: sum(flat.counts)].split(flat.counts), strict=True):
                weight.grad = part.view_as(weight)
            share.grad = whole.view(self.workers.size, -1)[self.workers.rank]
