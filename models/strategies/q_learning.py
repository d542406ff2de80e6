"""Learn what an action is worth in a state by trying it.

Source: Watkins and Dayan, "Q-learning" (1992).

Reference: value iteration of a known market: the same action in each state, values within 15 % of their range.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from models.strategies.timing import ACTIONS, STATES, Timing, Weeks, state, weeks

if TYPE_CHECKING:
    from models.backtest.market import Market


def learn(past: Weeks, rounds: int, discount: float, seed: int = 0, explore: float = 0.2) -> np.ndarray:
    """Return the value of each action in each state, shape (8, 2). rounds: how often the past is gone through.

    The step is 1 / (number of visits)^0.8, which makes the values converge.
    """
    random = np.random.default_rng(seed)
    values, visits = np.zeros((STATES, ACTIONS)), np.zeros((STATES, ACTIONS))
    for _ in range(rounds):
        position = 1
        for week in range(len(past.gain) - 1):
            now = state(int(past.market[week]), position)
            action = int(random.integers(ACTIONS) if random.random() < explore else values[now].argmax())
            after = state(int(past.market[week + 1]), action)
            visits[now, action] += 1
            wrong = past.step(week, position, action) + discount * values[after].max() - values[now, action]
            values[now, action] += wrong / visits[now, action] ** 0.8
            position = action
    return values


@dataclass(frozen=True)
class QLearning(Timing):
    """The action with the highest value."""

    rounds: int = 100
    discount: float = 0.9

    def fit(self, market: Market) -> Self:
        """Return the rule with a policy that was learned from prices."""
        values = learn(weeks(market), self.rounds, self.discount, self.seed)
        return replace(self, invested=tuple(values.argmax(axis=1).tolist()))
