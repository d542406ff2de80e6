"""A parameter server on Ray actors: it has the weights, workers ask for them and send gradients.

Synchronous, it waits for all workers and takes their mean, which is exact. Asynchronous, it takes each gradient as it
comes, and holds up a worker that is more than `staleness` steps ahead of the slowest.
Sources: Li et al., "Scaling Distributed Machine Learning with the Parameter Server" (2014); Ho et al., "More Effective
Distributed ML via a Stale Synchronous Parallel Parameter Server" (2013), for bounded staleness.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch

from capstan.ray_workers import start_ray
from models.parallel.plans import Plan
from models.parallel.runner import Result
from models.parallel.schemes.base import detached
from models.parallel.workers import Workers


class Server:
    """Has the weights. Its methods are coroutines, so that many workers may wait in it."""

    def __init__(self, plan: Plan, workers: int, staleness: int | None = None):
        """staleness: None for a synchronous server."""
        self.staleness, self.workers = staleness, workers
        self.network = plan.network()
        updates = plan if staleness is None else replace(plan, steps=plan.steps * workers)
        self.optimizer = updates.optimizer(self.network.parameters())
        self.steps = [0] * workers  # that each worker has sent
        self.waiting: dict[int, np.ndarray] = {}
        self.most_stale = 0
        self.changed = asyncio.Condition()
        self.begun = time.process_time()

    async def pull(self, rank: int) -> np.ndarray:
        """Return all weights as one vector, once this worker may go on."""
        async with self.changed:
            await self.changed.wait_for(lambda: self._ahead(rank) <= (self.staleness or 0))
            self.most_stale = max(self.most_stale, self._ahead(rank))
            return flat([weight.detach() for weight in self.optimizer.weights])

    async def push(self, rank: int, grads: np.ndarray) -> None:
        """Take the gradients of a worker's rows."""
        async with self.changed:
            self.steps[rank] += 1
            if self.staleness is None:
                self.waiting[rank] = grads
                if len(self.waiting) == self.workers:
                    self._update(sum(self.waiting.pop(worker) for worker in range(self.workers)) / self.workers)
            else:
                self._update(grads)
            self.changed.notify_all()

    async def result(self) -> tuple[dict[str, np.ndarray], int, float]:
        """Return the weights by name, how many steps a worker was ahead of the slowest at the most, and the processor
        seconds since the server is there.
        """
        weights = {name: values.numpy() for name, values in detached(self.network).items()}
        return weights, self.most_stale, time.process_time() - self.begun

    def _ahead(self, rank: int) -> int:
        return self.steps[rank] - min(self.steps)

    def _update(self, grads: Any) -> None:
        begin = 0
        for weight in self.optimizer.weights:
            weight.grad = torch.from_numpy(grads[begin : begin + weight.numel()]).view_as(weight)
            begin += weight.numel()
        self.optimizer.step()


class Worker:
    """Learns from its rows of each batch with the weights that the server has then."""

    def __init__(self, plan: Plan, data: np.ndarray, rank: int, size: int):
        torch.set_num_threads(1)
        self.plan, self.data, self.workers = plan, torch.from_numpy(data.copy()), Workers(rank, size)
        self.network = plan.network()

    def gradients(self, step: int, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss of this worker's rows of a step, and all gradients as one vector."""
        torch.nn.utils.vector_to_parameters(torch.from_numpy(weights.copy()), self.network.parameters())
        self.network.zero_grad()
        rows = self.workers.share(self.plan.rows(self.data, step))
        loss = self.plan.loss(self.network, rows)
        loss.backward()
        return float(loss.detach()), flat(
            [weight.grad for weight in self.network.parameters() if weight.grad is not None]
        )

    def run(self, server: Any, steps: int) -> Result:
        """Return what this worker did in some steps. server: the handle of an actor.

        What the server sends to it is counted with what it sends to the server.
        """
        import ray

        record = Result([], [], [], 0.0, [])
        for step in range(steps):
            begin, worked = time.perf_counter(), time.process_time()
            weights = ray.get(server.pull.remote(self.workers.rank))
            loss, grads = self.gradients(step, weights)
            ray.get(server.push.remote(self.workers.rank, grads))
            record.losses.append(loss)
            record.seconds.append(time.perf_counter() - begin)
            record.processor.append(time.process_time() - worked)
            record.sent += (weights.nbytes + grads.nbytes) / steps
        return record


class Served(NamedTuple):
    """What each worker did, the first with the weights in the end; the largest staleness that there was; and the
    processor seconds of the server in a step.
    """

    workers: list[Result]
    stale: int
    processor: float


def train(plan: Plan, data: torch.Tensor, size: int, staleness: int | None = None) -> Served:
    """Train on `size` Ray actors and a server."""
    import ray

    start_ray(cpus=size + 1)
    actors: Any = ray.remote  # Ray's types know no actors
    server = actors(num_cpus=1)(Server).remote(plan, size, staleness)
    workers = [actors(num_cpus=1)(Worker).remote(plan, data.numpy(), rank, size) for rank in range(size)]
    records = ray.get([worker.run.remote(server, plan.steps) for worker in workers])
    weights, stale, seconds = ray.get(server.result.remote())
    records[0].weights = {name: values.copy() for name, values in weights.items()}  # what Ray gives can only be read
    for actor in [server, *workers]:
        ray.kill(actor)
    return Served(records, stale, seconds / plan.steps)


def flat(tensors: list[torch.Tensor]) -> np.ndarray:
    """Return tensors as one vector."""
    vector: np.ndarray = torch.cat([tensor.flatten() for tensor in tensors]).numpy()
    return vector
