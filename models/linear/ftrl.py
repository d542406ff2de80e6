"""Logistic regression on hashed categories, learned row by row by FTRL-Proximal.

Source: McMahan et al., "Ad click prediction: a view from the trenches" (KDD 2013), algorithm 1. A weight stays 0 until
its gradients add up to more than `l1`.

Reference: river.optim.FTRLProximal without l1, probabilities within 1e-9.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence

import numpy as np

BITS = 20  # of the hash: about a million weights


def hashed(rows: Iterable[Sequence[object]], bits: int = BITS) -> np.ndarray:
    """Return the places of the values of rows, each with the number of its column, and of a constant; shape (n, k)."""
    size = 1 << bits
    places = [[zlib.crc32(f"{column}={value}".encode()) % size for column, value in enumerate(row)] for row in rows]
    return np.array([[zlib.crc32(b"constant") % size, *row] for row in places])


class Ftrl:
    """The state of the learner: for each weight, the sum of its squared gradients and what they speak for."""

    def __init__(self, bits: int = BITS, alpha: float = 0.1, beta: float = 1.0, l1: float = 0.0, l2: float = 1.0):
        self.alpha, self.beta, self.l1, self.l2 = alpha, beta, l1, l2
        self.squares, self.shift = [0.0] * (1 << bits), [0.0] * (1 << bits)

    def weight(self, place: int) -> float:
        """Return a weight."""
        shift = self.shift[place]
        if abs(shift) <= self.l1:
            return 0.0
        rate = (self.beta + math.sqrt(self.squares[place])) / self.alpha + self.l2
        return -(shift - math.copysign(self.l1, shift)) / rate

    def learn(self, places: Sequence[int], clicked: float) -> float:
        """Learn from one row; return the probability that it had before."""
        weights = [self.weight(place) for place in places]
        probability = sigmoid(sum(weights))
        gradient = probability - clicked
        for place, weight in zip(places, weights, strict=True):
            before = self.squares[place]
            self.squares[place] = before + gradient * gradient
            step = (math.sqrt(self.squares[place]) - math.sqrt(before)) / self.alpha
            self.shift[place] += gradient - step * weight
        return probability

    def fit(self, places: np.ndarray, clicked: np.ndarray) -> Ftrl:
        """Learn from rows in their order, once. places: of `hashed`, shape (n, k). clicked: 0 or 1, shape (n,)."""
        for row, target in zip(places.tolist(), clicked.tolist(), strict=True):
            self.learn(row, target)
        return self

    def predict(self, places: np.ndarray) -> np.ndarray:
        """Return the probabilities of a click, shape (n,)."""
        return np.array([sigmoid(sum(self.weight(place) for place in row)) for row in places.tolist()])


def sigmoid(odds: float) -> float:
    """Return the probability of log-odds, which are cut at 35."""
    return 1 / (1 + math.exp(-max(min(odds, 35.0), -35.0)))
