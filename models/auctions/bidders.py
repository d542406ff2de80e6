"""Bidders that are known: what a click may cost, linear bids, ORTB, and linear bids that are paced.

Each has `campaign(money)`, which returns its bid function for episodes that begin with so much money.

Reference: 300,001 bids tried for ORTB, 0.01; what Cai et al. print for a constant cost of a click: wins, clicks and
cost, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import numpy as np

from models.auctions.replay import Bid, Episodes, replay

GRID = np.unique(np.geomspace(2, 300, 25).round())  # of what is tuned: the bid for an average impression


class Bidder(Protocol):
    """What decides how much to bid."""

    def campaign(self, money: int) -> Bid:
        """Return the bid function of episodes that begin with so much money."""


class Mcpc:
    """Bids what a click cost before, times the predicted CTR, whatever the budget is."""

    def __init__(self, cost_of_click: float):
        self.cost_of_click = cost_of_click

    def campaign(self, money: int) -> Bid:
        return lambda left, budget, ctr: self.cost_of_click * ctr


class Linear:
    """A bid in proportion to the predicted CTR (Perlich et al., 2012). `base` is tuned for each budget."""

    def __init__(self, ctr: float, bases: Mapping[int, float]):
        """ctr: the average. bases: money of an episode -> the bid for an impression with the average CTR."""
        self.ctr, self.bases = ctr, dict(bases)

    def campaign(self, money: int) -> Bid:
        base = self.bases[min(self.bases, key=lambda tuned: abs(tuned - money))]
        return lambda left, budget, ctr: base * ctr / self.ctr


class Ortb:
    """Bids that grow more slowly than the CTR (Zhang, Yuan and Wang, "Optimal real-time bidding", 2014).

    kind 1: wins b / (c + b) of the auctions, equation 10; kind 2: b^2 / (c^2 + b^2), equation 13. `scales` are their
    lambda, tuned for each budget: 1 / lambda is what a click is worth.
    """

    def __init__(self, kind: int, half: float, scales: Mapping[int, float]):
        """half: the bid that wins every second auction, c of the paper. scales: money of an episode -> lambda."""
        self.kind, self.half, self.scales = kind, half, dict(scales)

    def campaign(self, money: int) -> Bid:
        scale, c = self.scales[min(self.scales, key=lambda tuned: abs(tuned - money))], self.half
        if self.kind == 1:
            return lambda left, budget, ctr: np.sqrt(c / scale * ctr + c * c) - c

        def second(left: int, budget: np.ndarray, ctr: np.ndarray) -> np.ndarray:
            root = np.cbrt((ctr + np.sqrt((c * scale) ** 2 + ctr**2)) / (c * scale))
            return np.asarray(c * (root - 1 / root))

        return second


class Blind:
    """The bid that spends what is left evenly over the auctions that are left, as prices were before."""

    def __init__(self, prices: np.ndarray):
        """prices: how often each price, from 0 on, was seen before."""
        self.spend = np.cumsum(prices / prices.sum() * np.arange(len(prices)))  # of an auction, by the bid

    def campaign(self, money: int) -> Bid:
        return lambda left, budget, ctr: np.searchsorted(self.spend, budget / left, side="right")


class Paced(Blind):
    """The same, in proportion to the predicted CTR: the strong simple bidder."""

    def __init__(self, prices: np.ndarray, ctr: float):
        """ctr: the average."""
        super().__init__(prices)
        self.ctr = ctr

    def campaign(self, money: int) -> Bid:
        level = super().campaign(money)
        return lambda left, budget, ctr: level(left, budget, ctr) * ctr / self.ctr


def tuned(log: Episodes, budgets: list[int], ctr: float, prices: np.ndarray) -> dict[str, Bidder]:
    """Return linear bids and both of ORTB, each with what wins the most predicted clicks for each budget.

    The clicks themselves are too few to choose by. Lambda is searched on the scale of the bid for an average CTR.
    """
    half = float(np.searchsorted(np.cumsum(prices), prices.sum() / 2))
    # What makes a bidder of its settings by budget, and the settings that are tried.
    kinds: dict[str, tuple[Callable[[dict[int, float]], Bidder], np.ndarray]] = {
        "linear, tuned": (partial(Linear, ctr), GRID),
        "ORTB1, tuned": (partial(Ortb, 1, half), half * ctr / ((GRID + half) ** 2 - half**2)),
        "ORTB2, tuned": (partial(Ortb, 2, half), 2 * ctr * half / (GRID**2 + half**2)),
    }
    return {
        name: make({money: best(log, make, tried.tolist(), money) for money in budgets})
        for name, (make, tried) in kinds.items()
    }


def best(log: Episodes, make: Callable[[dict[int, float]], Bidder], tried: list[float], money: int) -> float:
    """Return the setting whose bidder wins the most predicted clicks."""
    return max(tried, key=lambda setting: replay(log, make({money: setting}).campaign(money), money).expected.sum())
