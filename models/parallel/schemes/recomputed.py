"""Activation checkpointing: a block forgets what it computed, and computes it again on the way back.

Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016). It goes with data parallel here; torch's
own is `torch.utils.checkpoint`.
Reference: torch.utils.checkpoint, 1e-6 in each weight after 20 steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from models.parallel.decoder_plan import DecoderPlan
from models.parallel.schemes.base import applied
from models.parallel.schemes.data_parallel import DataParallel
from models.parallel.workers import Workers
from models.transformer.decoder import Decoder

Compute = Callable[[torch.Tensor], torch.Tensor]


class Again(torch.autograd.Function):
    """Keeps the input of a function alone. Its weights get their gradients from the second computation."""

    @staticmethod
    def forward(context: Any, compute: Compute, x: torch.Tensor) -> torch.Tensor:
        context.compute = compute
        context.save_for_backward(x)
        return compute(x)  # without gradients: autograd does not look into a Function

    @staticmethod
    def backward(context: Any, *grads: Any) -> Any:
        (x,) = context.saved_tensors
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            output = context.compute(x)
        torch.autograd.backward(output, grads)
        return None, x.grad


class Recomputed(DataParallel):
    """Data parallel, whose blocks keep their input alone."""

    of_decoder = True
    network: Decoder

    def __init__(self, plan: DecoderPlan, workers: Workers):
        super().__init__(plan, workers)
        for number, block in enumerate(self.network.blocks):
            self.network.blocks[number] = Block(block, self.again)

    @staticmethod
    def again(compute: Compute, x: torch.Tensor) -> torch.Tensor:
        """Return compute(x), to be computed again."""
        return applied(Again, compute, x)

    def weights(self) -> dict[str, torch.Tensor]:
        return {name.replace(".inner.", "."): values for name, values in super().weights().items()}


class TorchRecomputed(Recomputed):
    """The same by torch."""

    @staticmethod
    def again(compute: Compute, x: torch.Tensor) -> torch.Tensor:
        return cast(torch.Tensor, checkpoint(compute, x, use_reentrant=False))


class Block(nn.Module):
    """A block that is computed by `again`."""

    def __init__(self, inner: nn.Module, again: Callable[[Compute, torch.Tensor], torch.Tensor]):
        super().__init__()
        self.inner, self.again = inner, again

    def forward(self, x: torch.Tensor, place: Any) -> torch.Tensor:
        return self.again(lambda some: self.inner(some, place), x)
