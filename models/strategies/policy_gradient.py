"""Make actions likelier that were followed by more than usual.

Source: Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning" (1992),
called REINFORCE, with the mean return as its baseline.

Reference: value iteration of a known market, the same action in each state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from models.strategies.timing import STATES, Timing, Weeks, state, weeks

if TYPE_CHECKING:
    from models.backtest.market import Market

LENGTH = 26  # weeks of an episode


def episode(past: Weeks, first: int, invest: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return states, actions and rewards of some weeks. invest: its probability in each state, shape (8,)."""
    position, moves = int(random.integers(2)), []
    for week in range(first, min(first + LENGTH, len(past.gain))):
        now = state(int(past.market[week]), position)
        action = int(random.random() < invest[now])
        moves.append((now, action, past.step(week, position, action)))
        position = action
    states, actions, rewards = zip(*moves, strict=True)
    return np.array(states), np.array(actions), np.array(rewards)


def learn(past: Weeks, episodes: int, discount: float, seed: int = 0, rate: float = 2.0) -> np.ndarray:
    """Return the probability of being invested in each state, shape (8,): logistic, with a score per state."""
    random, scores, usual = np.random.default_rng(seed), np.zeros(STATES), np.zeros(LENGTH)
    spread = float(past.gain.std())
    for number in range(episodes):
        invest = 1 / (1 + np.exp(-scores))
        first = int(random.integers(max(1, len(past.gain) - LENGTH + 1)))
        states, actions, rewards = episode(past, first, invest, random)
        gained = np.zeros(len(rewards))
        later = 0.0
        for week in range(len(rewards) - 1, -1, -1):
            later = gained[week] = rewards[week] / spread + discount * later
        usual[: len(gained)] += (gained - usual[: len(gained)]) / (number + 1)
        push = (gained - usual[: len(gained)]) * (actions - invest[states])  # the gradient of the log-probability
        scores += rate / LENGTH / np.sqrt(number + 1) * np.bincount(states, push, STATES)
    return np.asarray(1 / (1 + np.exp(-scores)))


@dataclass(frozen=True)
class PolicyGradient(Timing):
    """The likelier action."""

    episodes: int = 2_000
    discount: float = 0.9

    def fit(self, market: Market) -> Self:
        """Return the rule with a policy that was learned from prices."""
        invest = learn(weeks(market), self.episodes, self.discount, self.seed)
        return replace(self, invested=tuple((invest > 0.5).astype(int).tolist()))
