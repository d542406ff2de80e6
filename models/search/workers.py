"""Workers in one process, with a clock of their own: the same search on any number of them, without waiting for any."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from models.search.base import Job, Parameters, Search
from models.search.journal import Journal


class Train(Protocol):
    """What a worker does: it goes on from a state, None for a new network, and returns the loss and the new state."""

    def __call__(self, parameters: Parameters, state: Any, start: int, end: int) -> tuple[float, Any]:
        """Train from one step to another."""


@dataclass
class Ran:
    """What came of it. states: at the end of each job. time: when the last worker was ready. busy: the work of all."""

    states: dict[int, Any]
    time: float
    busy: float


def run(
    search: Search | Journal, train: Train, workers: int = 1, length: Callable[[Job], float] = lambda job: job.steps
) -> Ran:
    """Run a search to its end. length: how long a job takes by the clock.

    A search that goes on after a kill can only do so here where states are nothing, as those of recorded curves are:
    they are kept in memory. `on_ray.py` keeps them.
    """
    states: dict[int, Any] = {}
    running: list[tuple[float, int, Job]] = []
    time = busy = 0.0
    while True:
        while len(running) < workers and (job := search.ask()):
            busy += length(job)
            heapq.heappush(running, (time + length(job), job.number, job))
        if not running:
            return Ran(states, time, busy)
        time, _, job = heapq.heappop(running)
        state = None if job.parent is None else states.get(job.parent)
        loss, states[job.number] = train(job.parameters, state, job.start, job.end)
        search.tell(job, loss)
