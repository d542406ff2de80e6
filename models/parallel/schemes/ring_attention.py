"""Ring attention: each worker has a part of each window, and keys and values go around. All see all rows of the batch.

What a query has seen is kept as a running softmax, so no worker has all keys at a time. Source: Liu et al., "Ring
Attention with Blockwise Transformers for Near-Infinite Context" (2023); Milakov and Gimelshein, "Online normalizer
calculation for softmax" (2018).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

from models.parallel.decoder_plan import DecoderPlan
from models.parallel.schemes.base import Scheme, Weights, applied, detached
from models.parallel.workers import Workers


class RingAttention(Scheme):
    """Weights, gradients and moments are whole on each worker; activations are those of its part of the windows."""

    of_decoder = True
    plan: DecoderPlan

    def __init__(self, plan: DecoderPlan, workers: Workers):
        super().__init__(plan, workers)
        if plan.shape.context % workers.size:
            raise ValueError(f"{workers.size} workers cannot share windows of {plan.shape.context} bytes evenly.")

        def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
            assert mask is None
            return applied(Ring, q, k, v, workers)

        self.network = plan.network(attend=attend)
        self.optimizer = plan.optimizer(self.network.parameters())

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        self.optimizer.zero_grad()
        size = self.plan.shape.context // self.workers.size
        begin = self.workers.rank * size
        tokens, places = batch[:, begin : begin + size], torch.arange(begin, begin + size)[None]
        before = None
        if self.network.grams and begin:
            before = batch[:, begin - self.network.grams.before : begin]
        with self.workers.span("compute"):
            logits = self.network(tokens, places, before=before)
            wanted = batch[:, begin + 1 : begin + size + 1]
            loss = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
            loss.backward()
        for weight in self.optimizer.weights:
            assert weight.grad is not None
            self.workers.mean(weight.grad)
        self.optimizer.step()
        return loss.detach()

    def weights(self) -> Weights:
        return detached(self.network)


class Ring(torch.autograd.Function):
    """Causal attention. q, k, v: (batch, heads, time of this worker, size), with as many heads each."""

    @staticmethod
    def forward(context: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, workers: Workers) -> torch.Tensor:
        output, most, total = (
            torch.zeros_like(q),
            q.new_full((*q.shape[:3], 1), -math.inf),
            q.new_zeros((*q.shape[:3], 1)),
        )
        both = torch.stack([k, v])
        for turn in range(workers.size):
            owner = (workers.rank - turn) % workers.size
            if owner <= workers.rank:  # later tokens are not seen
                scores = masked(q, both[0], owner == workers.rank)
                higher = torch.maximum(most, scores.amax(dim=-1, keepdim=True))
                weights, kept = (scores - higher).exp(), (most - higher).exp()
                output, total, most = output * kept + weights @ both[1], total * kept + weights.sum(-1, True), higher
            if turn < workers.size - 1:
                both = passed_on(both, workers)
        output = output / total
        context.workers = workers
        context.save_for_backward(q, k, v, output, most + total.log())
        return output

    @staticmethod
    def backward(context: Any, *grads: Any) -> Any:
        q, k, v, output, normal = context.saved_tensors
        workers, (grad,) = context.workers, grads
        inner, grad_q = (grad * output).sum(dim=-1, keepdim=True), torch.zeros_like(q)
        four = torch.stack([k, v, torch.zeros_like(k), torch.zeros_like(v)])  # the last two gather gradients
        for turn in range(workers.size):
            owner = (workers.rank - turn) % workers.size
            if owner <= workers.rank:
                weights = (masked(q, four[0], owner == workers.rank) - normal).exp()
                scores = weights * (grad @ four[1].transpose(-1, -2) - inner) / math.sqrt(q.shape[-1])
                grad_q = grad_q + scores @ four[0]
                four[2] += scores.transpose(-1, -2) @ q
                four[3] += weights.transpose(-1, -2) @ grad
            four = passed_on(four, workers)  # also after the last turn: gradients come home
        return grad_q, four[2], four[3], None


def masked(q: torch.Tensor, k: torch.Tensor, own: bool) -> torch.Tensor:
    """Return the scores of queries and keys; among a worker's own, later keys are not seen."""
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    return scores.masked_fill(torch.ones_like(scores[0, 0], dtype=torch.bool).triu(1), -math.inf) if own else scores


def passed_on(tensor: torch.Tensor, workers: Workers) -> torch.Tensor:
    """Send a tensor to the next worker; return that of the one before."""
    if workers.size == 1:
        return tensor
    work = workers.send(tensor, (workers.rank + 1) % workers.size)
    received = workers.receive(torch.empty_like(tensor), (workers.rank - 1) % workers.size)
    work.wait()
    return received
