"""Tensor parallel: each worker has some heads of each layer, and a part of each feed-forward layer. All see the batch.

Source: Shoeybi et al., "Megatron-LM" (2019), section 3: `f` and `g` below are its figure 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn

from models.parallel.decoder_plan import DecoderPlan
from models.parallel.schemes.base import Scheme, Weights, applied, detached
from models.parallel.workers import Workers
from models.transformer.decoder import Block, Decoder, FeedForward, Shape


@dataclass(frozen=True)
class Part(Shape):
    """The sizes of a worker's part: fewer heads, each as wide as before."""

    head: int = 32

    @property
    def size(self) -> int:
        return self.head


class TensorParallel(Scheme):
    """Embeddings, norms and the head are on each worker. Two sums for each block on the way forward, two on the way
    back, each of the size of the activations.
    """

    of_decoder = True
    plan: DecoderPlan

    def __init__(self, plan: DecoderPlan, workers: Workers):
        super().__init__(plan, workers)
        self.network, shape = plan.network(), plan.shape
        if shape.heads % workers.size or shape.groups % workers.size or shape.inner % workers.size:
            raise ValueError(f"{workers.size} workers cannot share {shape.heads} heads evenly.")
        inner = [(name, rows, dim) for name, rows, dim in self.parted(self.network)]
        for name, rows, dim in inner:
            layer = self.network.get_submodule(name)
            layer.weight = nn.Parameter(cast(torch.Tensor, layer.weight).detach().index_select(dim, rows[workers.rank]))
        sizes = {**vars(shape), "heads": shape.heads // workers.size, "kv_heads": shape.groups // workers.size}
        for block in self.network.blocks:
            assert isinstance(block, Block) and isinstance(block.feed_forward, FeedForward)
            block.attention.shape = Part(**sizes, head=shape.size)
            for norm in block.norms:
                norm.register_forward_hook(lambda _, __, x: applied(F, x, workers))
            for last in (block.attention.out, block.feed_forward.down):
                last.register_forward_hook(lambda _, __, x: applied(G, x, workers))
        self.optimizer = plan.optimizer(self.network.parameters())

    def parted(self, network: Decoder) -> list[tuple[str, torch.Tensor, int]]:
        """Return each divided layer, which rows or columns each worker has, (workers, n), and their dimension."""
        shape, count = self.plan.shape, self.workers.size
        kinds = [shape.heads, shape.groups, shape.groups]
        heads = [torch.arange(kind * shape.size).view(count, -1) for kind in kinds]
        begins = [0, kinds[0] * shape.size, (kinds[0] + kinds[1]) * shape.size]
        qkv = torch.cat([rows + begin for rows, begin in zip(heads, begins, strict=True)], dim=1)
        inner = torch.arange(shape.inner).view(count, -1)
        layers = []
        for number in range(len(network.blocks)):
            block = f"blocks.{number}"
            layers += [(f"{block}.attention.qkv", qkv, 0), (f"{block}.attention.out", heads[0], 1)]
            gate_up = torch.cat([inner, inner + shape.inner], dim=1)
            layers += [(f"{block}.feed_forward.gate_up", gate_up, 0), (f"{block}.feed_forward.down", inner, 1)]
        return layers

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        self.optimizer.zero_grad()
        with self.workers.span("compute"):
            loss = self.plan.loss(self.network, batch)
            loss.backward()
        self.optimizer.step()
        return loss.detach()

    def weights(self) -> Weights:
        weights = detached(self.network)
        for name, rows, dim in self.parted(self.network):
            part = weights[f"{name}.weight"].movedim(dim, 0)
            whole = self.workers.gather(part.contiguous())
            weights[f"{name}.weight"] = torch.empty_like(whole).index_copy(0, rows.flatten(), whole).movedim(0, dim)
        return weights


class F(torch.autograd.Function):
    """Nothing on the way forward, the sum of the gradients of all workers on the way back."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor, workers: Workers) -> torch.Tensor:
        context.workers = workers
        return x.view_as(x)

    @staticmethod
    def backward(context: Any, *grads: Any) -> Any:
        return context.workers.sum(grads[0].clone()), None


class G(torch.autograd.Function):
    """The sum of the parts of all workers on the way forward, nothing on the way back."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor, workers: Workers) -> torch.Tensor:
        return workers.sum(x.clone())

    @staticmethod
    def backward(context: Any, *grads: Any) -> Any:
        return grads[0], None
