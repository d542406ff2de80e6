"""Population-based training: the weak copy the strong, weights and all, and change the parameters a little.

Jaderberg et al., "Population Based Training of Neural Networks", 2017.
Reference: ray.tune.schedulers.PopulationBasedTraining, each copy and parameter with the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from models.search.base import Draw, Job, Parameters, Search

FACTORS = (1.2, 0.8)  # the paper's
Prior = Mapping[str, Callable[[Random], float]]


@dataclass
class Member:
    """One of the population. strong: whether its last job ended among the best. running: whether it has another."""

    trial: int
    parameters: Parameters
    last: Job | None = None
    loss: float | None = None
    strong: bool = False
    running: bool = False

    @property
    def end(self) -> int:
        """Return how far it is."""
        return self.last.end if self.last else 0


class PopulationBased(Search):
    """As many trials at the same time as the population has members.

    interval: steps between two decisions. quantile: the share that copies, and the share that is copied; the paper's
    is 0.2, Ray's default 0.25. resample: how often a parameter is drawn again from its `prior`. saved: copy only those
    that were among the best when they came themselves, as Ray does, which keeps no other states.
    """

    def __init__(
        self, draw: Draw, budget: int, prior: Prior, *, size: int = 16, most: int = 27, interval: int = 3,
        quantile: float = 0.25, resample: float = 0.25, saved: bool = False, seed: int = 0,
    ):  # fmt: skip
        super().__init__(draw, budget)
        self.prior, self.most, self.interval = prior, most, interval
        self.quantile, self.resample, self.saved = quantile, resample, saved
        self.generator = Random(seed)
        self.members = [Member(trial, draw(trial)) for trial in range(size)]
        self.trials = size

    def next(self) -> Job | None:
        """Return the next interval of the member that is the least far, the first of equal ones."""
        free = [member for member in self.members if not member.running and member.end < self.most]
        if not free:
            return None
        member = min(free, key=lambda candidate: candidate.end)
        member.running = True
        end = min(member.end + self.interval, self.most)
        parent = member.last.number if member.last else None
        return Job(len(self.jobs), member.trial, member.end, end, member.parameters, parent)

    def heard(self, job: Job, loss: float) -> None:
        """Exploit and explore, where the member is among the worst. Those at the end are not compared any more."""
        member = self.members[job.trial]
        member.last, member.loss, member.running = job, loss, False
        if member.end >= self.most:
            return
        losses = {rival.trial: rival.loss for rival in self.members if rival.loss is not None and rival.end < self.most}
        worst, best = extremes(losses, self.quantile)
        member.strong = job.trial in best
        if job.trial in worst:
            donor = self.members[self.generator.choice(best)]
            if donor.strong or not self.saved:
                member.last = donor.last
                member.parameters = explored(donor.parameters, self.prior, self.resample, self.generator)


def extremes(losses: Mapping[int, float], quantile: float) -> tuple[list[int], list[int]]:
    """Return the members with the highest losses and those with the lowest, the worst first. One alone is neither."""
    ranked = sorted(losses, key=lambda trial: -losses[trial])
    count = min(math.ceil(len(ranked) * quantile), len(ranked) // 2)
    return ranked[:count], ranked[len(ranked) - count :]


def explored(
    parameters: Parameters, prior: Prior, resample: float, generator: Random, factors: Sequence[float] = FACTORS
) -> Parameters:
    """Return each parameter drawn again from its prior, or times one of the factors."""
    changed = dict(parameters)
    for name, drawn in prior.items():
        if generator.random() < resample:
            changed[name] = drawn(generator)
        else:
            changed[name] *= generator.choice(factors)
    return changed
