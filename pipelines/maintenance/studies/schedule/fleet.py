"""A fleet that is simulated with engines that ran to failure: who is serviced when, and what that costs.

Each position of the fleet flies one engine. At the start of each slot a policy says which are serviced: a new engine
takes their place. One that fails is replaced at the end of the slot, at the cost of a failure. Downtime is not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pipelines.maintenance import plan
from pipelines.maintenance.plan import SLOT

LONGEST = 60  # slots of the longest life


class Lives(NamedTuple):
    """What is known of n engines at the start of each slot of their lives.

    life: cycles until the failure, shape (n,). left: predicted, (n, LONGEST). failing: (n, LONGEST, plan.SLOTS + 1).
    """

    life: np.ndarray
    left: np.ndarray
    failing: np.ndarray


class Seen(NamedTuple):
    """What a policy sees of the fleet: age, prediction and probabilities of each engine; `life` is for the oracle."""

    age: np.ndarray
    left: np.ndarray
    failing: np.ndarray
    life: np.ndarray


class Outcome(NamedTuple):
    """What happened: services, failures, and cycles flown."""

    services: int
    failures: int
    cycles: int

    def cost(self, failure: float = plan.FAILURE) -> float:
        """Return the cost per 1,000 cycles, in services."""
        return 1_000 * (self.services * plan.SERVICE + self.failures * failure) / self.cycles


# Which positions are serviced: what is seen, and the room of the hangar -> places, at most as many as there is room.
Policy = Callable[[Seen, int], np.ndarray]


def simulate(lives: Lives, policy: Policy, positions: int, hangar: int, slots: int, seed: int) -> Outcome:
    """Return what happens in so many slots to a fleet, whose engines are drawn from lives. All policies have the same
    engines to start with, at random ages.
    """
    random = np.random.default_rng(seed)
    engine = random.integers(0, len(lives.life), positions)
    age = (random.random(positions) * (lives.life[engine] - 1)).astype(int) // SLOT * SLOT
    services = failures = cycles = 0
    for _ in range(slots):
        slot = age // SLOT
        seen = Seen(age, lives.left[engine, slot], lives.failing[engine, slot], lives.life[engine])
        serviced = policy(seen, hangar)
        services += len(serviced)
        engine[serviced] = random.integers(0, len(lives.life), len(serviced))
        age[serviced] = 0
        ahead = lives.life[engine] - age
        failed = ahead <= SLOT
        failures += int(failed.sum())
        cycles += int(np.minimum(ahead, SLOT).sum())
        engine[failed] = random.integers(0, len(lives.life), int(failed.sum()))
        age = np.where(failed, 0, age + SLOT)
    return Outcome(services, failures, cycles)


def run_to_failure(seen: Seen, hangar: int) -> np.ndarray:
    """Service nobody."""
    return np.array([], dtype=int)


def interval(cycles: int) -> Policy:
    """Return the policy that services from an age on, the oldest first."""
    return lambda seen, hangar: first(-seen.age, seen.age >= cycles, hangar)


def threshold(cycles: float) -> Policy:
    """Return the policy that services who is predicted to have so few cycles left, the fewest first."""
    return lambda seen, hangar: first(seen.left, seen.left <= cycles, hangar)


def planned(failure: float = plan.FAILURE, life: float = plan.LIFE, surprise: float = plan.SURPRISE) -> Policy:
    """Return the policy that plans again at each slot, and services who has the first slot of the plan."""
    return lambda seen, hangar: np.flatnonzero(
        plan.assigned(plan.costs(seen.failing, failure, life, surprise), hangar) == 0
    )


def oracle(failure: float = plan.FAILURE, life: float = plan.LIFE) -> Policy:
    """Return the plan of who knows when each engine fails: what nobody can know."""

    def policy(seen: Seen, hangar: int) -> np.ndarray:
        failing = ((seen.life - seen.age)[:, None] <= plan.STARTS).astype(float)
        return np.flatnonzero(plan.assigned(plan.costs(failing, failure, life, surprise=1.0), hangar) == 0)

    return policy


def first(order: np.ndarray, wanted: np.ndarray, hangar: int) -> np.ndarray:
    """Return the places that are wanted, as many as there is room for, those with the lowest order."""
    places = np.flatnonzero(wanted)
    return places[np.argsort(order[places], kind="stable")[:hangar]]
