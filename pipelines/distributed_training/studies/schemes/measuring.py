"""What a scheme does on some workers, and what its result costs compared with that of one worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import psutil
import torch

from capstan.study import Line
from models.metrics import paired
from models.parallel import formulas
from models.parallel.memory import Held, Watch
from models.parallel.plans import Plan
from models.parallel.runner import Result, Runner
from models.parallel.schemes import parameter_server
from models.parallel.schemes.base import Scheme
from models.parallel.schemes.single import Single

FASTEST = 0.1  # of the steps
# How many steps a worker may be ahead of the slowest; a synchronous server waits for all.
SERVERS = {"parameter server": None, "asynchronous server": 3}


class Rival(NamedTuple):
    """What one worker has learned, and what each unit of the test data costs it, in bits."""

    weights: dict[str, np.ndarray]
    bits: np.ndarray


@dataclass(frozen=True)
class Workload:
    """A plan, the data to learn from and those that test, and what one worker learns alone."""

    plan: Plan
    data: torch.Tensor
    test: np.ndarray
    alone: type[Scheme] = Single

    @cached_property
    def rival(self) -> Rival:
        """What one worker does."""
        with Runner(1) as runner:
            weights = runner.run(self.alone, self.plan, self.data, self.plan.steps)[0].weights
        return Rival(weights, self.bits(weights))

    def with_seed(self, seed: int) -> Workload:
        """Return the same work from other first weights and rows."""
        return replace(self, plan=replace(self.plan, seed=seed))

    def bits(self, weights: dict[str, np.ndarray]) -> np.ndarray:
        """Return what each unit of the test data costs."""
        return self.plan.bits({name: torch.from_numpy(values) for name, values in weights.items()}, self.test)

    def lost(self, weights: dict[str, np.ndarray]) -> Line:
        """Return the mean bits of the test data, how many more than one worker's, paired by unit, and the farthest
        weight from one worker's.
        """
        ours = self.bits(weights)
        difference = paired.bootstrap(ours, self.rival.bits)
        farthest = max(float(np.abs(values - self.rival.weights[name]).max()) for name, values in weights.items())
        return {
            "bits": float(ours.mean()),
            "lost": difference["difference"],
            "lost_low": difference["low"],
            "lost_high": difference["high"],
            "farthest": farthest,
        }


def by_scheme(runner: Runner, name: str, kind: type[Scheme], work: Workload) -> Line:
    """Return the line of a scheme. name: of its formulas."""
    before = wire()
    results = runner.run(kind, work.plan, work.data, work.plan.steps)
    sent = (wire() - before) / runner.size / work.plan.steps
    watched = [result.memory for result in runner.run(kind, work.plan, work.data, 2, watch=True)]
    return line_of(name, results, work, [held for held in watched if held]) | {"wire": sent}


def by_server(name: str, size: int, work: Workload) -> Line:
    """Return the line of a parameter server. Ray hands over its messages in shared memory, so no wire has them."""
    trained = parameter_server.train(work.plan, work.data, size, SERVERS[name])
    line = line_of(name, trained.workers, work, held_by_server(work, size))
    return line | {"processor": line["processor"] + trained.processor, "stale": trained.stale}


def line_of(name: str, results: list[Result], work: Workload, held: list[Held]) -> Line:
    """Return what some workers did and hold. results: the first has the weights. held: of each process."""
    line: Line = {"processor": float(sum(np.median(result.processor) for result in results))}
    # All steps are the same work: what other work on this machine adds is left out.
    line["seconds"] = float(np.quantile([result.seconds for result in results], FASTEST))
    line["sent"] = float(np.mean([result.sent for result in results]))
    line["held"] = max(process.after for process in held)
    line["most"] = max(process.most for process in held)
    facts = formulas.of(work.plan, len(results))
    for formula, known in (("sent_formula", formulas.SENT), ("held_formula", formulas.HELD)):
        line[formula] = known[name](facts) if name in known else None
    return line | work.lost(results[0].weights)


def held_by_server(work: Workload, size: int) -> list[Held]:
    """Return what a server holds, and one of its workers, in two steps in this process."""
    watches = Watch(), Watch()
    with watches[0]:
        server = parameter_server.Server(work.plan, 1)
    worker = parameter_server.Worker(work.plan, work.data.numpy(), 0, size)  # the data do not count

    async def steps() -> None:
        for step in range(2):
            with watches[0]:
                weights = await server.pull(0)
            with watches[1]:
                _, grads = worker.gradients(step, weights)
            with watches[0]:
                await server.push(0, grads)

    asyncio.run(steps())
    return [Held(watch.most, watch.held()) for watch in watches]


def wire() -> int:
    """Return the bytes that all processes of this machine have sent to each other by TCP."""
    counted: int = psutil.net_io_counters(pernic=True)["lo"].bytes_sent
    return counted
