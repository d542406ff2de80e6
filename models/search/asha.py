"""Asynchronous successive halving: no worker waits for a rung to be full.

Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), algorithm 2.
Reference: ray.tune.schedulers.AsyncHyperBandScheduler, each decision of the stopping variant.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from models.search.base import Draw, Job, Search, rungs


class Asha(Search):
    """The paper's: a free worker promotes the best trial that is among the best 1/eta of its rung, or begins a new one.

    Trials stay in their rung, and may be promoted later, when worse ones have come.
    """

    def __init__(self, draw: Draw, budget: int, most: int = 27, eta: int = 3):
        super().__init__(draw, budget)
        self.eta, self.rungs = eta, rungs(most, eta)
        self.ended: list[list[Job]] = [[] for _ in self.rungs]
        self.promoted: list[set[int]] = [set() for _ in self.rungs]

    def next(self) -> Job:
        """Return a promotion, of the highest rung that has one, or a new trial."""
        for place in reversed(range(len(self.rungs) - 1)):
            ranked = sorted(self.ended[place], key=lambda job: self.losses[job.number])
            for job in ranked[: len(ranked) // self.eta]:
                if job.trial not in self.promoted[place]:
                    self.promoted[place].add(job.trial)
                    return self.continued(job, self.rungs[place + 1])
        return self.begun(self.rungs[0])

    def heard(self, job: Job, loss: float) -> None:
        """Put the trial into its rung."""
        self.ended[self.rungs.index(job.end)].append(job)


class StoppingAsha(Search):
    """The variant that Ray Tune has: a trial goes on at once if it is among the best 1/eta of those that came to the
    rung before it, and is stopped for ever if it is not. So the first one to come always goes on.
    """

    def __init__(self, draw: Draw, budget: int, most: int = 27, eta: int = 3):
        super().__init__(draw, budget)
        self.eta, self.rungs = eta, rungs(most, eta)
        self.came: list[list[float]] = [[] for _ in self.rungs]
        self.going: deque[Job] = deque()

    def next(self) -> Job:
        """Return what goes on, or a new trial."""
        if self.going:
            job = self.going.popleft()
            return self.continued(job, self.rungs[self.rungs.index(job.end) + 1])
        return self.begun(self.rungs[0])

    def heard(self, job: Job, loss: float) -> None:
        """Decide whether the trial goes on."""
        place = self.rungs.index(job.end)
        before = self.came[place]
        good = not before or loss <= np.quantile(before, 1 / self.eta)
        before.append(loss)
        if good and place + 1 < len(self.rungs):
            self.going.append(job)
