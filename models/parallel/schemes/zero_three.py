"""ZeRO, stage 3: each worker keeps a share of the weights too. A unit is whole only while it is computed.

Source: Rajbhandari et al., "ZeRO" (2020), section 5.3. That a tensor loses its storage and gets it back, so that what
autograd has saved is whole again, is the way of Zhao et al., "PyTorch FSDP" (2023), section 4.2.
Reference: torch.distributed.fsdp.fully_shard, 1e-6 in each weight after 20 steps.
"""

from __future__ import annotations

import torch
from torch import nn

from models.parallel.plans import Plan
from models.parallel.schemes.base import OwnRows, Weights
from models.parallel.schemes.flat import Flat
from models.parallel.workers import Workers


class ZeroThree(OwnRows):
    """Weights are gathered twice, for the way forward and for the way back, and gradients are scattered once."""

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.network = plan.network()
        self.parts = [Part(unit, workers) for unit in plan.units(self.network)]
        self.optimizer = plan.optimizer([part.share for part in self.parts])

    def weights(self) -> Weights:
        for part in self.parts:
            part.gather()
        weights = {name: values.detach().clone() for name, values in self.network.state_dict().items()}
        for part in self.parts:
            part.release()
        return weights


class Part:
    """This worker's share of a unit."""

    def __init__(self, unit: nn.Module, workers: Workers):
        self.flat, self.workers = Flat(unit, workers.size), workers
        self.bytes = self.flat.whole.nbytes
        self.share = self.flat.whole.view(workers.size, -1)[workers.rank].clone()
        unit.register_forward_pre_hook(lambda *_: self.gather())
        unit.register_forward_hook(self.after)
        self.flat.on_grads(self.scatter)
        self.release()

    @torch.no_grad()
    def gather(self) -> None:
        """Make the unit whole."""
        self.flat.whole.untyped_storage().resize_(self.bytes)
        self.workers.gather(self.share, self.flat.whole)

    def after(self, unit: nn.Module, inputs: object, output: torch.Tensor) -> None:
        """Give up all but the share, until the gradients of what the unit has made come back."""
        if output.requires_grad:
            output.register_hook(lambda _: self.gather())
        self.release()

    def release(self) -> None:
        """Give up all but the share."""
        self.flat.whole.untyped_storage().resize_(0)

    def scatter(self) -> None:
        """Keep the share of the mean gradients; give up the weights and all other gradients."""
        self.share.grad = self.workers.scatter_sum(self.flat.grads()).div_(self.workers.size)
        for weight in self.flat.weights:
            weight.grad = None
        self.release()
