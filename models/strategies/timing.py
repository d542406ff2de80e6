"""A small world to learn in: hold all stocks or nothing, changed weekly, by trend and volatility of their mean.

A state is one of eight: is the mean price above its mean of a quarter, is the last month's volatility above that of the
half year, and is the account invested. An action is the position of the next week: 0 is cash, 1 is all stocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.backtest.engine import Past
from models.strategies.schedule import Rule, begins

if TYPE_CHECKING:
    from models.backtest.market import Market

TREND, SHORT, LONG = 63, 21, 126  # days
STATES, ACTIONS = 8, 2
REPLAYED = 100  # days: the position follows from the states of these alone, so that it needs no memory
COST = 0.0006  # of the equity, to change the position: slippage and commission


class Weeks(NamedTuple):
    """A past to learn from. market: what the market looks like at each decision, 0 to 3. gain: of the week after it."""

    market: np.ndarray
    gain: np.ndarray

    def step(self, day: int, position: int, action: int) -> float:
        """Return the reward of an action."""
        return float(action * self.gain[day] - COST * (action != position))


def state(market: int, position: int) -> int:
    """Return the number of a state."""
    return 2 * market + position


def looks(closes: np.ndarray) -> np.ndarray:
    """Return what the market looks like at each close, 0 to 3, shape (t,); -1 where too little is known."""
    moves = np.r_[0.0, (closes[1:] / closes[:-1] - 1).mean(axis=1)]
    level = np.cumsum(np.log1p(moves))
    kinds = np.full(len(level), -1)
    for day in range(LONG, len(level)):
        above = level[day] > level[day + 1 - TREND : day + 1].mean()
        wild = moves[day + 1 - SHORT : day + 1].std() > moves[day + 1 - LONG : day + 1].std()
        kinds[day] = 2 * int(above) + int(wild)
    return kinds


def weeks(market: Market) -> Weeks:
    """Return the weeks of a market."""
    closes, days = market.closes.to_numpy(), market.closes.index.to_numpy().astype("datetime64[D]")
    first = [day for day in range(LONG, len(days)) if begins(Past((), days[: day + 1], closes[: day + 1]), "W")]
    seen = looks(closes)
    gain = [float((closes[then] / closes[now]).mean() - 1) for now, then in pairwise(first)]
    return Weeks(seen[first[:-1]], np.array(gain))


@dataclass(frozen=True)
class Timing(Rule):
    """Follows a policy. invested: the action in each of the eight states; () before it has learned."""

    invested: tuple[int, ...] = ()
    seed: int = 0
    period = "W"

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights where the position changes, None on other days."""
        if not self.due(past):
            return None
        now, before = self.weights(past), self.weights(Past(past.tickers, past.days[:-1], past.closes[:-1]))
        return now if (now != before).any() else None

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close: the same for all stocks, or none."""
        closes, days = past.closes[-LONG - REPLAYED :], past.days[-LONG - REPLAYED :]
        seen, position = looks(closes), 1
        for day in range(LONG, len(days)):
            if day == len(days) - 1 or begins(Past(past.tickers, days[: day + 1], closes), "W"):
                position = self.invested[state(int(seen[day]), position)]
        return np.full(len(past.tickers), position / len(past.tickers))
