"""Linear regression with a conjugate prior: the exact posterior, and its logarithm with gradient for samplers.

Source: Gelman et al., "Bayesian Data Analysis" (2013), chapter 14; Bishop, "Pattern Recognition and Machine Learning"
(2006), section 3.3. weights | variance ~ N(0, variance * width^2), variance ~ inverse gamma(shape, rate).

Reference: scipy.optimize.check_grad, the gradient within 0.1 % of its length.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln


class Prior(NamedTuple):
    """Of weights and variance."""

    width: float = 10.0
    shape: float = 2.0
    rate: float = 0.05


class Posterior:
    """The exact posterior of weights, a Student t distribution, and of the variance, inverse gamma."""

    def __init__(self, design: np.ndarray, target: np.ndarray, prior: Prior):
        """design: shape (n, k). target: shape (n,)."""
        precision = design.T @ design + np.eye(design.shape[1]) / prior.width**2
        self.inverse = np.linalg.inv(precision)
        self.mean = self.inverse @ design.T @ target
        self.shape = prior.shape + len(target) / 2
        self.rate = prior.rate + (target @ target - self.mean @ precision @ self.mean) / 2
        size = np.linalg.slogdet(self.inverse)[1]
        self.log_evidence = float(
            (size - 2 * design.shape[1] * np.log(prior.width) - len(target) * np.log(2 * np.pi)) / 2
            + prior.shape * np.log(prior.rate)
            - self.shape * np.log(self.rate)
            + gammaln(self.shape)
            - gammaln(prior.shape)
        )

    @property
    def covariance(self) -> np.ndarray:
        """Return the covariance of the weights, shape (k, k)."""
        return np.asarray(self.inverse * self.rate / (self.shape - 1))

    @property
    def variance(self) -> float:
        """Return the mean of the variance."""
        return float(self.rate / (self.shape - 1))


class Density:
    """The logarithm of the posterior's density of (weights, log variance), but for a constant, and its gradient."""

    def __init__(self, design: np.ndarray, target: np.ndarray, prior: Prior):
        self.design, self.target, self.prior = design, target, prior
        self.size = design.shape[1] + 1

    def __call__(self, point: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient. point: shape (k + 1,), the logarithm of the variance last."""
        weights, log_variance = point[:-1], point[-1]
        residual, prior = self.target - self.design @ weights, self.prior
        precision = np.exp(-log_variance)
        squares = residual @ residual + weights @ weights / prior.width**2
        power = (len(residual) + len(weights)) / 2 + prior.shape  # with the Jacobian of the logarithm
        value = -power * log_variance - precision * (squares / 2 + prior.rate)
        slope = precision * (self.design.T @ residual - weights / prior.width**2)
        return float(value), np.append(slope, precision * (squares / 2 + prior.rate) - power)
