"""Paths whose causes are known: worlds in which each channel does what is written here, and nothing else.

A person has an intent, a standard normal number. In each of four turns a channel reaches the person with a probability
of its own, which may depend on the intent: the search for the brand, and advertisements that follow a visitor, reach
those who would buy anyway. The log-odds of buying are the base, the weight of the intent, and the effects of the
channels met, each once, with one pair that does more together. What a channel does is known: draw the same people with
the channel turned off, and count who no longer buys.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

TURNS, BASE = 4, -3.0


@dataclass(frozen=True)
class World:
    """channel -> its effect in log-odds; how its reach depends on the intent; what pairs add; weight of the intent."""

    effects: dict[str, float]
    follows: dict[str, float] = field(default_factory=dict)
    pairs: dict[tuple[str, str], float] = field(default_factory=dict)
    intent: float = 0.0
    reach: float = -1.6  # log-odds to be reached by a channel in a turn


EFFECTS = {"search": 1.0, "social": 0.3, "display": 0.1, "mail": 0.7, "brand search": 0.0, "retargeting": 0.0}
WORLDS = {
    "at random": World(EFFECTS),
    "one pair works together": World(EFFECTS, pairs={("display", "search"): 1.5}),
    "two channels follow the intent": World(EFFECTS, {"brand search": 1.2, "retargeting": 0.8}, intent=1.0),
}


@dataclass
class People:
    """The people that each channel reaches, by turn, and when, (n, turns, channels); intent and luck of each, (n,)."""

    world: World
    reached: np.ndarray
    when: np.ndarray
    intent: np.ndarray
    luck: np.ndarray

    def buys(self, without: Collection[str] = ()) -> np.ndarray:
        """Return who buys, shape (n,), when some channels are turned off. Nothing else of the people changes."""
        world, names = self.world, list(self.world.effects)
        met = self.reached.any(axis=1) & np.array([name not in without for name in names])
        odds = BASE + world.intent * self.intent + met @ np.array(list(world.effects.values()))
        for (first, second), more in world.pairs.items():
            odds = odds + more * (met[:, names.index(first)] & met[:, names.index(second)])
        return np.asarray(self.luck < expit(odds))

    def paths(self) -> list[list[str]]:
        """Return the channels of each person in their order."""
        names = list(self.world.effects)
        times = np.where(self.reached, np.arange(TURNS)[:, None] + self.when, np.inf).reshape(len(self.luck), -1)
        order, lengths = np.argsort(times, axis=1), np.isfinite(times).sum(axis=1)
        return [
            [names[place % len(names)] for place in row[:length]]
            for row, length in zip(order.tolist(), lengths.tolist(), strict=True)
        ]

    def causes(self) -> dict[str, float]:
        """Return the purchases that would not be without each channel: the truth."""
        whole = self.buys().sum()
        return {name: float(whole - self.buys([name]).sum()) for name in self.world.effects}


def draw(world: World, people: int, seed: int) -> People:
    """Return people of a world."""
    random = np.random.default_rng(seed)
    intent = random.normal(size=people)
    follows = np.array([world.follows.get(name, 0.0) for name in world.effects])
    chance = expit(world.reach + intent[:, None] * follows)
    reached = random.random((people, TURNS, len(world.effects))) < chance[:, None, :]
    luck, when = random.random(people), random.random(reached.shape)
    return People(world, reached, when, intent, luck)
