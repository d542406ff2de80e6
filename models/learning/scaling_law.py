"""The law of loss over weights and bytes, L = E + A / N^a + B / D^b, and the size that a budget asks for.

Source: Hoffmann et al., "Training Compute-Optimal Large Language Models" (2022), sections 3.3 and D.2.

Reference: 5,001 sizes tried for the one with the lowest loss, 1 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from capstan.errors import CapstanError

HUBER = 1e-3


@dataclass(frozen=True)
class Law:
    """L = E + A / N^a + B / D^b, in nats per byte. N: weights. D: bytes learned from."""

    e: float
    big_a: float
    big_b: float
    a: float
    b: float

    def loss(self, weights: Any, learned: Any) -> Any:
        """Return the loss of so many weights after so many bytes."""
        return self.e + self.big_a / weights**self.a + self.big_b / learned**self.b

    def weights(self, flops: float) -> float:
        """Return the number of weights whose loss is lowest for a budget of 6 N D operations: equation 4."""
        ratio = (self.a * self.big_a / (self.b * self.big_b)) ** (1 / (self.a + self.b))
        return float(ratio * (flops / 6) ** (self.b / (self.a + self.b)))


def fitted(weights: np.ndarray, learned: np.ndarray, nats: np.ndarray, begin: Law | None = None) -> Law:
    """Return the law of some losses: the least Huber loss of the logarithm, from many beginnings. Shapes (n,).

    Raises CapstanError for fewer losses than the law has numbers.
    """
    if len(np.unique(np.stack([weights, learned]), axis=1).T) < 5:
        raise CapstanError("The law has five numbers: measure at least five sizes and lengths.")
    sizes, lengths = np.log(weights), np.log(learned)
    middles = sizes.mean(), lengths.mean()  # a and A hardly depend on each other when sizes are counted from here
    sizes, lengths = sizes - middles[0], lengths - middles[1]

    def wrong(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        e, big_a, big_b, a, b = numbers
        terms = np.stack([np.full_like(sizes, e), big_a - a * sizes, big_b - b * lengths])
        expected = logsumexp(terms, axis=0)
        far = expected - np.log(nats)
        huber = np.where(np.abs(far) < HUBER, far**2 / (2 * HUBER), np.abs(far) - HUBER / 2).sum()
        slopes = np.clip(far / HUBER, -1, 1) * np.exp(terms - expected)
        return float(huber), np.array([*slopes.sum(1), -slopes[1] @ sizes, -slopes[2] @ lengths])

    begins: Iterable[Any] = product((-1.0, 0.5), (-2.0, 0.0), (-2.0, 0.0), (0.2, 0.8), (0.2, 0.8))
    if begin:
        logs = np.log([begin.e, begin.big_a, begin.big_b])
        begins = [np.array([logs[0], logs[1] - begin.a * middles[0], logs[2] - begin.b * middles[1], begin.a, begin.b])]
    bounds = [(-5, 2)] * 3 + [(0.01, 3)] * 2
    tries = [minimize(wrong, first, jac=True, method="L-BFGS-B", bounds=bounds) for first in begins]
    e, big_a, big_b, a, b = min(tries, key=lambda found: found.fun).x
    factors = np.exp(e), np.exp(big_a + a * middles[0]), np.exp(big_b + b * middles[1])
    return Law(*factors, a, b)
