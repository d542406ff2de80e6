"""Bayesian online change points: how long ago did the present stretch of values begin?

Source: Adams and MacKay, "Bayesian online changepoint detection" (2007), algorithm 1, with a constant hazard and a
normal distribution of unknown mean and variance: the predictive one is Student's t (Murphy 2007, equation 100).

Reference: all ways to part six values into stretches, summed by hand, 1e-9.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, logsumexp


class ChangePoints:
    """hazard: probability of a change at each value. mean, weight, shape, scale: of the prior, normal-inverse-gamma."""

    def __init__(
        self, hazard: float = 0.01, mean: float = 0.0, weight: float = 1.0, shape: float = 1.0, scale: float = 1.0
    ):
        self.hazard, self.prior = hazard, (mean, weight, shape, scale)

    def run_lengths(self, values: np.ndarray) -> np.ndarray:
        """Return the probabilities of each length of the present stretch after each value, shape (n, n + 1).

        Column r: the last change lies r values back, so that the next value is the first of a stretch where r is 0.
        """
        count = len(values)
        probabilities = np.zeros((count, count + 1))
        mean, weight, shape, scale = (np.array([parameter]) for parameter in self.prior)
        log = np.zeros(1)
        for index, value in enumerate(values):
            likely = predictive(value, mean, weight, shape, scale)
            grown = log + likely + np.log1p(-self.hazard)
            changed = logsumexp(log + likely) + np.log(self.hazard)
            log = np.concatenate([[changed], grown])
            log -= logsumexp(log)
            probabilities[index, : index + 2] = np.exp(log)
            known = (scale + weight * (value - mean) ** 2 / (2 * (weight + 1)), shape + 0.5)
            mean = np.append(self.prior[0], (weight * mean + value) / (weight + 1))
            weight, scale = np.append(self.prior[1], weight + 1), np.append(self.prior[3], known[0])
            shape = np.append(self.prior[2], known[1])
        return probabilities


def predictive(value: float, mean: np.ndarray, weight: np.ndarray, shape: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the logarithm of Student's density of a value for each stretch, shape (stretches,)."""
    freedom, squared = 2 * shape, scale * (weight + 1) / (shape * weight)
    return np.asarray(
        gammaln((freedom + 1) / 2)
        - gammaln(freedom / 2)
        - 0.5 * np.log(freedom * np.pi * squared)
        - (freedom + 1) / 2 * np.log1p((value - mean) ** 2 / (freedom * squared))
    )
