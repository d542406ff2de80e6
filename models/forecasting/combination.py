"""The weighted mean of several forecasters, level by level, which is better than each of them.

Source: Lichtendahl, Grushka-Cockayne and Winkler, "Is It Better to Average Probabilities or Quantiles?" (2013).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from models.forecasting.forecaster import Forecaster
from models.forecasting.windows import Windows

TENTHS = 10  # of all weights together


def kind(windows: Windows) -> str:
    """Return whether the windows are `without` the day's temperature, or it is `known`."""
    return "without" if windows.ahead is None else "known"


class Combination:
    """The members by name, each fitted by itself. weights: by kind and name, in any unit."""

    def __init__(self, members: Mapping[str, Forecaster], weights: Mapping[str, Mapping[str, float]]):
        self.members, self.weights = dict(members), weights
        self.requirements = sorted({package for member in self.members.values() for package in member.requirements})

    def fit(self, windows: Windows) -> Combination:
        """Fit every member on the windows that has a weight for them."""
        weights = self.weights[kind(windows)]
        self.shares = {name: weights[name] / sum(weights.values()) for name in self.members if weights.get(name)}
        self.members = {name: self.members[name].fit(windows) for name in self.shares}
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the weighted mean of the members' quantiles, shape (n, 48, levels)."""
        return np.asarray(sum(share * self.members[name].predict(windows) for name, share in self.shares.items()))


def choose(target: np.ndarray, middles: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Return the weights, in tenths, with the least absolute error. target, each member's median: shape (n, 48)."""
    names, stacked = list(middles), np.stack(list(middles.values()))
    every: list[list[int]] = [[*some, TENTHS - sum(some)] for some in product(range(TENTHS + 1), repeat=len(names) - 1)]
    possible = [weights for weights in every if weights[-1] >= 0]

    def error(weights: list[int]) -> float:
        return float(np.abs(np.tensordot(np.array(weights) / TENTHS, stacked, 1) - target).mean())

    best = min(possible, key=error)
    return dict(zip(names, best, strict=True))
