"""Buy one stock and sell another whose prices move together, while they are far apart.

Two prices are cointegrated where a combination of them keeps returning to its mean. Source: Engle and Granger,
"Co-integration and error correction" (1987); the rule is that of Gatev, Goetzmann and Rouwenhorst, "Pairs trading"
(2006). The critical value is MacKinnon's (2010) for two series, a constant, and 5 %.
Reference: statsmodels.tsa.stattools.coint, 1e-9.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from models.backtest.engine import Past
from models.strategies.schedule import Rule

CRITICAL = (-3.33613, -6.1101, -6.823)  # c + c1 / n + c2 / n^2


class Pair(NamedTuple):
    """Two stocks, and the mean and the deviation of log price `one` - slope x log price `other`."""

    one: int
    other: int
    slope: float
    mean: float
    deviation: float
    statistic: float


@dataclass(frozen=True)
class Pairs(Rule):
    """Pairs that are chosen again each quarter. window: days that they are chosen from, before the quarter.

    A pair is entered `enter` deviations away from its mean, and left at it. held: how many of them have money.
    """

    window: int = 180
    enter: float = 2.0
    held: int = 10

    def due(self, past: Past) -> bool:
        """Return whether enough is known: positions are looked at each day."""
        return len(past.days) >= self.least and self.place(past) >= self.window

    def decide(self, past: Past) -> np.ndarray | None:
        """Return weights where they are other than those of the day before."""
        if not self.due(past):
            return None
        now, first = self.weights(past), self.place(past)
        before = Past(past.tickers, past.days[:-1], past.closes[:-1])
        changed = first == len(past.days) - 1 or (now != self.weights(before)).any()
        return now if changed else None

    def place(self, past: Past) -> int:
        """Return the place of the first day of the quarter."""
        months = past.days.astype("datetime64[M]").astype(int)
        return int(np.searchsorted(months, months[-1] - months[-1] % 3))

    def weights(self, past: Past) -> np.ndarray:
        """Return the weights as of the last close: each open pair has the same money on each side."""
        first, logs = self.place(past), np.log(past.closes)
        weights = np.zeros(len(past.tickers))
        for pair in chosen(logs[first - self.window : first], self.held):
            spread = (logs[first:, pair.one] - pair.slope * logs[first:, pair.other] - pair.mean) / pair.deviation
            side = position(spread, self.enter)
            weights[pair.one] -= side * 0.5 / self.held
            weights[pair.other] += side * 0.5 / self.held
        return weights


def position(spread: np.ndarray, enter: float) -> int:
    """Return 1 where the spread was sold and has not come back to 0 since, -1 where it was bought, 0 without either."""
    side = 0
    for value in spread:
        if side == 0 and abs(value) > enter:
            side = 1 if value > 0 else -1
        elif side * value < 0:
            side = 0
    return side


def chosen(logs: np.ndarray, count: int) -> tuple[Pair, ...]:
    """Return the cointegrated pairs with the lowest statistics. logs: shape (days, n)."""
    return _chosen(logs.tobytes(), logs.shape[1], count)


@lru_cache(maxsize=64)  # a quarter has the same pairs on each of its days
def _chosen(raw: bytes, stocks: int, count: int) -> tuple[Pair, ...]:
    logs = np.frombuffer(raw).reshape(-1, stocks)
    days, (limit, first, second) = len(logs), CRITICAL
    tested = [cointegration(logs, left, right) for left, right in combinations(range(stocks), 2)]
    found = [pair for pair in tested if pair.slope > 0 and pair.statistic < limit + first / days + second / days**2]
    return tuple(sorted(found, key=lambda pair: pair.statistic)[:count])


def cointegration(logs: np.ndarray, one: int, other: int) -> Pair:
    """Return a pair with the statistic of Engle and Granger: a Dickey-Fuller test of the residuals, with one lag."""
    y, x = logs[:, one], logs[:, other]
    centred = x - x.mean()
    slope = float(centred @ (y - y.mean()) / (centred @ centred))
    residual = y - slope * x
    mean, deviation = float(residual.mean()), float(residual.std())
    rest = residual - mean
    change = np.diff(rest)
    level, lagged, now = rest[1:-1], change[:-1], change[1:]
    a, b, c = level @ level, level @ lagged, lagged @ lagged
    u, v = level @ now, lagged @ now
    inside = a * c - b * b
    gain, memory = (c * u - b * v) / inside, (a * v - b * u) / inside
    noise = now - gain * level - memory * lagged
    error = np.sqrt(noise @ noise / (len(now) - 2) * c / inside)
    return Pair(one, other, slope, mean, deviation, float(gain / error))
