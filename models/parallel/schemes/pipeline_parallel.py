"""Pipeline parallel: each worker has some layers, and parts of the batch follow each other through them.

With p workers and m parts, each worker waits for (p - 1) / (m + p - 1) of a step, in both orders. GPipe keeps what it
computed of all m parts until the way back; 1F1B keeps that of p parts at the most.
Sources: Huang et al., "GPipe" (2019); Narayanan et al., "PipeDream" (2019), section 3.2, and "Efficient Large-Scale
Language Model Training" (2021), section 2.2, for 1F1B with a flush.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch

from models.parallel.decoder_plan import DecoderPlan, loss
from models.parallel.schemes.base import Scheme, Weights, detached
from models.parallel.workers import Workers

Turn = tuple[str, int]  # "forward" or "backward", and the number of a part


def gpipe(rank: int, size: int, parts: int) -> Iterator[Turn]:
    """Yield what a worker does: all parts forward, then all back."""
    yield from (("forward", part) for part in range(parts))
    yield from (("backward", part) for part in range(parts))


def one_f_one_b(rank: int, size: int, parts: int) -> Iterator[Turn]:
    """Yield what a worker does: as many parts forward as workers follow, then one back for each one forward."""
    ahead = min(size - rank - 1, parts)
    yield from (("forward", part) for part in range(ahead))
    for part in range(parts):
        if part + ahead < parts:
            yield "forward", part + ahead
        yield "backward", part


class GPipe(Scheme):
    """The layers of a worker are those of its stage; the first has the embeddings, the last the norm and the head."""

    of_decoder = True
    plan: DecoderPlan
    order = staticmethod(gpipe)

    def __init__(self, plan: DecoderPlan, workers: Workers):
        super().__init__(plan, workers)
        self.network, layers, (rank, size) = plan.network(), plan.shape.layers, (workers.rank, workers.size)
        if layers < size or plan.batch % plan.micro:
            raise ValueError(f"{layers} layers, {size} workers and {plan.micro} parts of {plan.batch} do not fit.")
        self.first, self.last = rank == 0, rank == size - 1
        self.stages = [range(layers * stage // size, layers * (stage + 1) // size) for stage in range(size)]
        self.own = [self.network.blocks[layer] for layer in self.stages[rank]]
        ends = [self.network.embedding, self.network.grams] * self.first + [
            self.network.norm,
            self.network.head,
        ] * self.last
        self.optimizer = plan.optimizer(
            chain.from_iterable(module.parameters() for module in [*self.own, *ends] if module)
        )
        kept = {id(weight) for weight in self.optimizer.weights}
        for weight in self.network.parameters():
            if id(weight) not in kept:
                weight.data = weight.data.new_empty(0)  # another worker has it

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        self.optimizer.zero_grad()
        parts, rank, total = batch.chunk(self.plan.micro), self.workers.rank, batch.new_zeros((), dtype=torch.float64)
        kept: dict[int, tuple[torch.Tensor | None, torch.Tensor]] = {}
        sending: list[Any] = []
        for what, number in self.order(rank, self.workers.size, len(parts)):
            part = parts[number]
            like = (len(part), part.shape[1] - 1, self.plan.shape.width)
            if what == "forward":
                inputs = None if self.first else self.workers.receive(self.empty(like), rank - 1).requires_grad_()
                with self.workers.span(what):
                    output = self.forward(part, inputs)
                if self.last:
                    total += output.detach() / len(parts)
                else:
                    sending.append((output.detach(), self.workers.send(output.detach(), rank + 1)))
                kept[number] = inputs, output
            else:
                inputs, output = kept.pop(number)
                grad = None if self.last else self.workers.receive(self.empty(like), rank + 1)
                with self.workers.span(what):
                    (output / len(parts) if self.last else output).backward(grad)
                if inputs is not None:
                    assert inputs.grad is not None
                    sending.append((inputs.grad, self.workers.send(inputs.grad, rank - 1)))
        for _, work in sending:
            work.wait()
        self.optimizer.step()
        return total * self.workers.size  # the others have none

    def empty(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Return room for what comes from another stage."""
        return torch.empty(shape, dtype=self.plan.dtype)

    def forward(self, part: torch.Tensor, x: torch.Tensor | None) -> torch.Tensor:
        """Return what this stage makes of a part: states, or the loss at the last one."""
        network, tokens = self.network, part[:, :-1]
        if x is None:
            x = network.embedding(tokens)
            x = x + network.grams(tokens) if network.grams else x
        place = network.placed(torch.arange(tokens.shape[1])[None], None)
        for block in self.own:
            x = block(x, place)
        return loss(network.head(network.norm(x)), part) if self.last else x

    def weights(self) -> Weights:
        own, whole = detached(self.network), self.plan.network().state_dict()
        owners = {f"blocks.{layer}": rank for rank, stage in enumerate(self.stages) for layer in stage}
        for name, values in whole.items():
            owner = owners.get(
                ".".join(name.split(".")[:2]), 0 if name.startswith(("emb", "grams")) else self.workers.size - 1
            )
            whole[name] = self.workers.give(
                own[name] if owner == self.workers.rank else torch.empty_like(values), owner
            )
        return whole


class OneFOneB(GPipe):
    """The same in an order that keeps less."""

    order = staticmethod(one_f_one_b)
