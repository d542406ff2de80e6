"""Mixture of experts with expert parallel: each worker has some experts, and tokens go to those that they have chosen.

All else is data parallel. Sources: Lepikhin et al., "GShard" (2020), section 3; Shazeer et al. (2017) for the experts,
which are those of `models/transformer/experts.py`. No token is dropped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from models.parallel.decoder_plan import DecoderPlan
from models.parallel.schemes.base import OwnRows, Weights, applied, detached
from models.parallel.schemes.single import Single
from models.parallel.workers import Workers
from models.transformer.decoder import Block
from models.transformer.experts import Experts

EXPERTS = 4


def with_experts(plan: DecoderPlan) -> DecoderPlan:
    """Return a plan whose feed-forward layers are experts, of which each token uses two."""
    return replace(plan, shape=replace(plan.shape, experts=EXPERTS))


class SingleWithExperts(Single):
    """One worker with all experts."""

    of_decoder = True

    def __init__(self, plan: DecoderPlan, workers: Workers):
        super().__init__(with_experts(plan), workers)


class ExpertParallel(OwnRows):
    """The experts of a worker learn from the tokens of all."""

    of_decoder = True
    plan: DecoderPlan

    def __init__(self, plan: DecoderPlan, workers: Workers):
        super().__init__(with_experts(plan), workers)
        if EXPERTS % workers.size:
            raise ValueError(f"{workers.size} workers cannot share {EXPERTS} experts evenly.")
        self.network = self.plan.network()
        self.layers: list[Spread] = []
        for block in self.network.blocks:
            assert isinstance(block, Block) and isinstance(block.feed_forward, Experts)
            layer = Spread(block.feed_forward, workers)
            block.feed_forward = layer  # type: ignore[assignment]  # it is called as experts are
            self.layers.append(layer)
        self.optimizer = self.plan.optimizer(self.network.parameters())

    def join(self) -> None:
        own = {id(weight) for layer in self.layers for weight in (layer.gate_up, layer.down)}
        for weight in self.optimizer.weights:
            grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
            weight.grad = grad / self.workers.size if id(weight) in own else self.workers.mean(grad)

    def weights(self) -> Weights:
        weights = detached(self.network)
        for name in weights:
            if name.endswith(("feed_forward.gate_up", "feed_forward.down")):
                weights[name] = self.workers.gather(weights[name])
        return weights


class Spread(nn.Module):
    """Experts of which this worker has a part. Its tokens go to the others, and their answers come back."""

    def __init__(self, whole: Experts, workers: Workers):
        super().__init__()
        self.used, self.router, self.workers = whole.used, whole.router, workers
        self.gate_up = nn.Parameter(whole.gate_up.detach().chunk(workers.size)[workers.rank].clone())
        self.down = nn.Parameter(whole.down.detach().chunk(workers.size)[workers.rank].clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (batch, time, width)."""
        tokens = x.flatten(0, -2)
        shares, chosen = torch.softmax(self.router(tokens).float(), dim=-1).topk(self.used)
        shares = (shares / shares.sum(dim=-1, keepdim=True)).to(x.dtype)
        order = chosen.flatten().argsort(stable=True)  # by expert, and so by worker
        counts = torch.bincount(chosen.flatten(), minlength=len(self.gate_up) * self.workers.size)
        coming = self.workers.exchange(counts, *[[len(self.gate_up)] * self.workers.size] * 2)
        sent, got = ([*map(int, part.view(self.workers.size, -1).sum(dim=1))] for part in (counts, coming))
        rows = order // self.used
        arrived = applied(Exchange, tokens[rows], sent, got, self.workers)
        experts = torch.arange(len(self.gate_up)).repeat(self.workers.size).repeat_interleave(coming)
        answers = applied(Exchange, self.answered(arrived, experts), got, sent, self.workers)
        return torch.zeros_like(tokens).index_add(0, rows, answers * shares.flatten()[order, None]).view_as(x)

    def answered(self, tokens: torch.Tensor, experts: torch.Tensor) -> torch.Tensor:
        """Return what this worker's experts make of tokens, (n, width). experts: of each, (n,)."""
        output = torch.zeros_like(tokens)
        for expert, (gate_up, down) in enumerate(zip(self.gate_up, self.down, strict=True)):
            (rows,) = (experts == expert).nonzero(as_tuple=True)
            gate, up = functional.linear(tokens[rows], gate_up).chunk(2, dim=-1)
            output = output.index_add(0, rows, functional.linear(functional.silu(gate) * up, down))
        return output


class Exchange(torch.autograd.Function):
    """Rows go to other workers; on the way back their gradients come home."""

    @staticmethod
    def forward(
        context: Any, rows: torch.Tensor, counts: list[int], coming: list[int], workers: Workers
    ) -> torch.Tensor:
        context.back = coming, counts, workers
        return workers.exchange(rows, counts, coming)

    @staticmethod
    def backward(context: Any, *grads: Any) -> Any:
        counts, coming, workers = context.back
        return workers.exchange(grads[0], counts, coming), None, None, None
