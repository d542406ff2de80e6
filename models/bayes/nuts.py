"""The No-U-Turn sampler: a trajectory that doubles until it turns back.

Source: Hoffman and Gelman, "The No-U-Turn Sampler" (2014), algorithm 3, with places drawn by their weight from the
whole trajectory (Betancourt, "A Conceptual Introduction to Hamiltonian Monte Carlo", 2017, appendix A.3).

Reference: the exact posterior of a linear regression: means within 4 Monte Carlo errors, deviations within a sixth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.bayes import hamiltonian
from models.bayes.hamiltonian import LogDensity, leapfrog

DEEPEST = 8  # at most 2^8 steps
TOO_FAR = 1_000.0  # of the energy: the trajectory has left what the steps can follow

End = tuple[np.ndarray, np.ndarray, np.ndarray]  # place, momentum, slope


class Part(NamedTuple):
    """A part of a trajectory. weight: the logarithm of the sum of its places' weights."""

    left: End
    right: End
    place: np.ndarray
    weight: float
    goes_on: bool
    accepted: float
    steps: int


def turned(left: End, right: End) -> bool:
    """Return whether the ends have begun to come closer to each other."""
    across = right[0] - left[0]
    return bool(across @ left[1] < 0 or across @ right[1] < 0)


def build(
    density: LogDensity, end: End, way: int, depth: int, step: float, before: float, random: np.random.Generator
) -> Part:
    """Return the part of 2^depth steps from an end, forward (1) or back (-1)."""
    if depth == 0:
        place, momentum, slope, value = leapfrog(density, *end, way * step)
        weight = value - momentum @ momentum / 2 - before
        weight = weight if np.isfinite(weight) else -np.inf
        new = (place, momentum, slope)
        return Part(new, new, place, weight, weight > -TOO_FAR, float(np.exp(min(0.0, weight))), 1)
    first = build(density, end, way, depth - 1, step, before, random)
    if not first.goes_on:
        return first
    second = build(density, first.right if way == 1 else first.left, way, depth - 1, step, before, random)
    return joined(first, second, way, random, even=True)


def joined(first: Part, second: Part, way: int, random: np.random.Generator, even: bool) -> Part:
    """Return two parts as one. even: draw by weight; else prefer the new part, which moves further."""
    left, right = (first.left, second.right) if way == 1 else (second.left, first.right)
    weight = float(np.logaddexp(first.weight, second.weight))
    chance = np.exp(min(0.0, second.weight - (weight if even else first.weight)))
    place = second.place if second.goes_on and random.random() < chance else first.place
    goes_on = second.goes_on and not turned(left, right)
    accepted, steps = first.accepted + second.accepted, first.steps + second.steps
    return Part(left, right, place, weight, goes_on, accepted, steps)


def trajectory(
    density: LogDensity, start: np.ndarray, step: float, random: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the next place, and the mean share that was accepted."""
    value, slope = density(start)
    momentum = random.normal(size=len(start))
    end = (start, momentum, slope)
    tree, steps, accepted = Part(end, end, start, 0.0, True, 0.0, 0), 0, 0.0
    before = float(value - momentum @ momentum / 2)
    for depth in range(DEEPEST):
        way = 1 if random.random() < 0.5 else -1
        new = build(density, tree.right if way == 1 else tree.left, way, depth, step, before, random)
        accepted, steps = accepted + new.accepted, steps + new.steps
        tree = joined(tree, new, way, random, even=False)
        if not tree.goes_on:
            break
    return tree.place, accepted / steps


def sample(density: LogDensity, start: np.ndarray, draws: int, warmup: int, seed: int) -> np.ndarray:
    """Return the chain after the warm-up, shape (draws, size)."""
    return hamiltonian.sample(density, start, draws, warmup, seed, trajectory)
