"""Hyperband: successive halving with several trades of how many trials for how long.

Source: Li et al., "Hyperband" (JMLR 2018), algorithm 1.
Reference: ray.tune.schedulers.HyperBandScheduler, each decision in Ray's brackets.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from itertools import cycle

from models.search.base import Draw, Job, Search, rungs

Rung = tuple[int, int]  # how many trials, and the steps after which they are compared


def brackets(most: int = 81, eta: int = 3, whole: bool = False) -> list[list[Rung]]:
    """Return the rungs of each bracket, that with the most trials first.

    whole: as the paper's table has them, which rounds down before it multiplies; its algorithm 1 rounds up after that.
    """
    last = len(rungs(most, eta)) - 1
    plans = []
    for s in range(last, -1, -1):
        count = (last + 1) // (s + 1) * eta**s if whole else math.ceil((last + 1) * eta**s / (s + 1))
        plans.append([(count // eta**i, most // eta ** (s - i)) for i in range(s + 1)])
    return plans


class Bracket:
    """Trials that are halved together. waiting: what no worker does yet, None for a new trial. ended: the others."""

    def __init__(self, plan: list[Rung]):
        self.plan, self.place = plan, 0
        self.waiting: deque[Job | None] = deque([None] * plan[0][0])
        self.ended: list[tuple[float, Job]] = []

    @property
    def end(self) -> int:
        """Return the step of its present rung."""
        return self.plan[self.place][1]

    def heard(self, job: Job, loss: float) -> None:
        """Go to the next rung with the best, when all trials of this one have ended."""
        self.ended.append((loss, job))
        if len(self.ended) == self.plan[self.place][0] and self.place + 1 < len(self.plan):
            self.place += 1
            ranked = sorted(self.ended, key=lambda entry: (entry[0], entry[1].trial))
            self.waiting.extend(job for _, job in ranked[: self.plan[self.place][0]])
            self.ended = []


class Hyperband(Search):
    """Brackets one after another, again and again. A worker that gets nothing from them begins the next one."""

    def __init__(self, draw: Draw, budget: int, plans: Iterable[list[Rung]] = tuple(brackets(27))):
        super().__init__(draw, budget)
        self.plans = cycle(plans)
        self.open: list[Bracket] = []
        self.of: dict[int, Bracket] = {}  # by trial

    def next(self) -> Job:
        """Return a job of the first bracket that has one."""
        bracket = next((candidate for candidate in self.open if candidate.waiting), None)
        if bracket is None:
            bracket = Bracket(next(self.plans))
            self.open.append(bracket)
        last = bracket.waiting.popleft()
        job = self.continued(last, bracket.end) if last else self.begun(bracket.end)
        self.of[job.trial] = bracket
        return job

    def heard(self, job: Job, loss: float) -> None:
        """Report the trial to its bracket."""
        self.of[job.trial].heard(job, loss)
