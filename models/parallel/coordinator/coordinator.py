"""Has the weights, gives shards to the workers that are there, and goes on when one is lost or added."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from capstan.ray_workers import start_ray
from models.parallel.coordinator.checkpoints import Checkpoints, latest
from models.parallel.coordinator.shards import SHARDS, Learner, tree_mean
from models.parallel.plans import Plan
from models.parallel.schemes.parameter_server import flat

SLOW = 3.0  # times the median of the others
LATELY = 16  # shards of a worker that count
Event = tuple[int, str, str]  # step, worker, what happened


class Coordinator:
    """Trains on Ray actors. After each step all depends on the plan alone, not on who was there.

    events: workers that were lost, added or slow. losses: of each step.
    """

    def __init__(self, plan: Plan, text: np.ndarray, folder: Path, every: int = 10, keep: int = 3):
        """folder: of the checkpoints, one after each `every` steps. A training goes on from the last one."""
        self.plan, self.text, self.every = plan, text, every
        self.network = plan.network()
        self.optimizer = plan.optimizer(self.network.parameters())
        self.workers: dict[str, Any] = {}
        self.seconds: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=LATELY))
        self.slow: set[str] = set()
        self.losses: list[float] = []
        self.events: list[Event] = []
        self.added = 0
        if last := latest(folder):
            self.restore(*last)
        self.checkpoints = Checkpoints(folder, keep)

    @property
    def step(self) -> int:
        """Return the number of steps that are done."""
        return len(self.losses)

    def add(self, delay: float = 0.0) -> str:
        """Start a worker; return its name. delay: seconds that it waits for each shard, to be a slow one."""
        import ray

        start_ray()
        name, self.added = f"worker {self.added}", self.added + 1
        actors: Any = ray.remote  # Ray's types know no actors
        self.workers[name] = actors(num_cpus=0)(Delayed).remote(self.plan, self.text, delay)
        self.events.append((self.step, name, "added"))
        return name

    def run(self, until: int, before_step: Callable[[int], None] = lambda step: None) -> None:
        """Train until so many steps are done. Raises RuntimeError when no worker is left."""
        while self.step < until:
            before_step(self.step)
            weights = flat([weight.detach() for weight in self.optimizer.weights])
            found = self.computed(weights)
            self.update(tree_mean([grads for _, grads in found]))
            self.losses.append(float(tree_mean([np.array(loss) for loss, _ in found])))
            self.notice()
            if self.step % self.every == 0:
                rate, schedule = self.optimizer.adam.param_groups[0]["lr"], self.optimizer.schedule.state_dict()
                more = {"losses": self.losses, "rate": rate, "schedule": schedule}
                self.checkpoints.save(self.step, self.vectors(), more)

    def computed(self, weights: np.ndarray) -> list[tuple[float, np.ndarray]]:
        """Return the loss and the gradients of each shard of this step. What a lost worker had is done by another."""
        import ray

        known, left = ray.put(weights), list(range(SHARDS))
        found: dict[int, tuple[float, np.ndarray]] = {}
        busy: dict[Any, tuple[str, int, float]] = {}
        while len(found) < SHARDS:
            idle = [name for name in self.workers if name not in {worker for worker, _, _ in busy.values()}]
            for name in idle[: len(left)]:
                shard = left.pop(0)
                task = self.workers[name].gradients.remote(known, self.step, shard)
                busy[task] = name, shard, time.perf_counter()
            if not busy:
                raise RuntimeError("No worker is left. Add one with `add`, and run again.")
            (done, *_), _ = ray.wait(list(busy))
            name, shard, begin = busy.pop(done)
            try:
                found[shard] = ray.get(done)
                self.seconds[name].append(time.perf_counter() - begin)
            except ray.exceptions.RayActorError:
                self.workers.pop(name)
                self.seconds.pop(name, None)
                left.insert(0, shard)
                self.events.append((self.step, name, "lost"))
        return [found[shard] for shard in range(SHARDS)]

    def update(self, grads: np.ndarray) -> None:
        """Change the weights."""
        begin = 0
        for weight in self.optimizer.weights:
            weight.grad = torch.from_numpy(grads[begin : begin + weight.numel()]).view_as(weight)
            begin += weight.numel()
        self.optimizer.step()

    def notice(self) -> None:
        """Report a worker whose shards take several times as long as those of the others."""
        typical = {name: median(times) for name, times in self.seconds.items() if len(times) >= 2}
        for name, seconds in typical.items():
            others = [duration for worker, duration in typical.items() if worker != name]
            if others and name not in self.slow and seconds > SLOW * median(others):
                self.slow.add(name)
                self.events.append((self.step, name, "slow"))

    def vectors(self) -> dict[str, np.ndarray]:
        """Return the weights and the moments of AdamW, a vector each."""
        states = [self.optimizer.adam.state[weight] for weight in self.optimizer.weights]
        moments = {name: flat([state[name] for state in states]) for name in ("exp_avg", "exp_avg_sq")}
        return {"weights": flat([weight.detach() for weight in self.optimizer.weights])} | moments

    def restore(self, step: int, vectors: dict[str, np.ndarray], more: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.losses = list(more["losses"])
        begin = 0
        for weight in self.optimizer.weights:
            part = {
                name: torch.from_numpy(values[begin : begin + weight.numel()].copy()).view_as(weight)
                for name, values in vectors.items()
            }
            weight.data.copy_(part.pop("weights"))
            self.optimizer.adam.state[weight] = {"step": torch.tensor(float(step)), **part}
            begin += weight.numel()
        self.optimizer.schedule.load_state_dict(more["schedule"])
        self.optimizer.adam.param_groups[0]["lr"] = more["rate"]

    def close(self) -> None:
        """Write what is left to write, and end the workers."""
        import ray

        self.checkpoints.close()
        for worker in self.workers.values():
            ray.kill(worker)
        self.workers.clear()


class Delayed(Learner):
    """A worker, which may be slow, and can say which process it is."""

    def __init__(self, plan: Plan, text: np.ndarray, delay: float):
        super().__init__(plan, text)
        self.delay = delay

    def gradients(self, weights: np.ndarray, step: int, shard: int) -> tuple[float, np.ndarray]:
        time.sleep(self.delay)
        return super().gradients(weights, step, shard)

    def pid(self) -> int:
        """Return the number of its process."""
        import os

        return os.getpid()
