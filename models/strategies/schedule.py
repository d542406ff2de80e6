"""When a strategy decides. The first trading day of a month is known at its close; the last one is known only later."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from models.backtest.engine import Past

if TYPE_CHECKING:
    from models.backtest.market import Market


@dataclass(frozen=True)
class Rule(ABC):
    """A strategy that makes its weights again in each period. The fields of a subclass are its settings."""

    period = "M"
    least = 253  # closes that the weights need

    def seeded(self, seed: int) -> Self:
        """Return the rule with a seed, where it draws at random."""
        return replace(self, **{"seed": seed}) if hasattr(self, "seed") else self

    def fit(self, market: Market) -> Self:
        """Return the rule as it learned from prices. Most have nothing to learn."""
        return self

    @abstractmethod
    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close, shape (n,)."""

    def due(self, past: Past) -> bool:
        """Return whether the last close is the first of its period, and enough is known."""
        return len(past.days) >= self.least and begins(past, self.period)

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights where they are due, None on other days."""
        return self.weights(past) if self.due(past) else None


@dataclass(frozen=True)
class Since(Rule):
    """A rule that decides at the first close from a date on as well, when an account is opened. start: ISO date."""

    rule: Rule
    start: str

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights of the rule."""
        return self.rule.weights(past)

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights where the account is opened, and where the rule decides."""
        start = np.datetime64(self.start, "D")
        opened = past.days[-1] >= start and (len(past.days) == 1 or past.days[-2] < start)
        return self.weights(past) if opened else self.rule.decide(past)


def begins(past: Past, period: str) -> bool:
    """Return whether today is the first trading day of its period, such as "M"; of a week, "W", that begins on Monday.

    The first day of all begins no period: what came before is not known.
    """
    if len(past.days) < 2:
        return False
    today, before = past.days[-1], past.days[-2]
    if period == "W":  # numpy's weeks begin on Thursdays, as 1970 did
        today, before = today + 3, before + 3
    return bool(today.astype(f"datetime64[{period}]") != before.astype(f"datetime64[{period}]"))


def top(score: np.ndarray, count: int) -> np.ndarray:
    """Return the same weight for each of the stocks with the highest scores, shape (n,). Of equal ones the first."""
    chosen = np.argsort(-score, kind="stable")[:count]
    weights = np.zeros(len(score))
    weights[chosen] = 1 / len(chosen)
    return weights
