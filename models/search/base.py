"""What every search offers: ask what a free worker does next, and report what came of it. It trains nothing itself.

Its decisions follow from the order of these calls alone, so that they can be replayed: see `journal.py`.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from capstan.errors import CapstanError

Parameters = dict[str, float]
Draw = Callable[[int], Parameters]


@dataclass(frozen=True)
class Job:
    """Train a trial from one step to another. parent: the number of the job that it goes on from, or None."""

    number: int
    trial: int
    start: int
    end: int
    parameters: Parameters
    parent: int | None = None

    @property
    def steps(self) -> int:
        """Return how long it trains."""
        return self.end - self.start


class Search(ABC):
    """A search for the parameters with the lowest loss.

    draw: returns the parameters of a new trial by its number. budget: the steps that all jobs may take together. jobs:
    those that were asked for, and `losses` what they have come to, both by their number.
    """

    def __init__(self, draw: Draw, budget: int):
        self.draw, self.budget = draw, budget
        self.jobs: list[Job] = []
        self.losses: dict[int, float] = {}
        self.trials = self.spent = 0
        self.over = False

    def ask(self) -> Job | None:
        """Return what a free worker does next, or None: then it waits for others, or all is `over`.

        A search is over when its next job would take more than what is left of the budget.
        """
        job = None if self.over else self.next()
        if job and self.spent + job.steps > self.budget:
            self.over, job = True, None
        if job:
            self.jobs.append(job)
            self.spent += job.steps
        return job

    def tell(self, job: Job, loss: float) -> None:
        """Hear the loss at the end of a job. One that is not finite counts as the highest number."""
        self.losses[job.number] = loss if math.isfinite(loss) else sys.float_info.max
        self.heard(job, self.losses[job.number])

    @property
    def best(self) -> Job:
        """Return the job that ended with the lowest loss, the first of equal ones.

        Raises CapstanError where none has ended.
        """
        if not self.losses:
            raise CapstanError(f"No trial of the search has ended. A budget of {self.budget} steps may be too small.")
        return self.jobs[min(self.losses, key=lambda number: (self.losses[number], number))]

    @abstractmethod
    def next(self) -> Job | None:
        """Return the next job, whatever it costs."""

    @abstractmethod
    def heard(self, job: Job, loss: float) -> None:
        """Decide by the loss of a job what happens to its trial."""

    def begun(self, end: int) -> Job:
        """Return the first job of a new trial."""
        self.trials += 1
        return Job(len(self.jobs), self.trials - 1, 0, end, self.draw(self.trials - 1))

    def continued(self, job: Job, end: int) -> Job:
        """Return a job that goes on where another one ended."""
        return Job(len(self.jobs), job.trial, job.end, end, job.parameters, job.number)


def rungs(most: int, eta: int, least: int = 1) -> list[int]:
    """Return the steps at which trials are compared: `least`, and `eta` times as many each time, up to `most`."""
    steps = [least]
    while steps[-1] * eta <= most:
        steps.append(steps[-1] * eta)
    return steps
