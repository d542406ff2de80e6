"""GARCH(1,1) with a constant mean: the variance of a day is a part of the last surprise and of the last variance.

    return = mean + surprise;    variance = omega + alpha x (last surprise)^2 + beta x (last variance)

Source: Bollerslev, "Generalized autoregressive conditional heteroskedasticity" (1986), and his (1987) for Student's t.
The variance before the first day is that of the package `arch`, so that both have the same likelihood.
Reference: arch.arch_model, 1e-6 in the likelihood of given parameters, 0.1 % of a fitted parameter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.signal import lfilter
from scipy.special import expit, gammaln, logit

from capstan.errors import CapstanError

NORMAL = float("inf")  # degrees of freedom of Student's t that make it the normal distribution
FEWEST = 250  # days: of fewer, alpha and beta are guesses
FIRST, DECAY = 75, 0.94  # the variance before the first day: a weighted mean of the first 75 squared surprises


@dataclass(frozen=True)
class Garch:
    """A fitted model. Returns are shares of 1, such as 0.01, and variances their squares, of a day."""

    mean: float
    omega: float
    alpha: float
    beta: float
    degrees: float  # of freedom of the innovations, which have a variance of 1
    before: float  # the variance before the first day
    log_likelihood: float

    def variances(self, returns: np.ndarray) -> np.ndarray:
        """Return the variance of each day as it was known before it, and of the day after the last, shape (days + 1,).

        returns: shape (days,), from the first day of the fit on; they may go on after its last.
        """
        surprises = np.asarray(returns, dtype=float) - self.mean
        return _variances(surprises, self.omega, self.alpha, self.beta, self.before)

    def forecast(self, returns: np.ndarray, days: int) -> np.ndarray:
        """Return the expected variances of the days after the last return, shape (days,)."""
        following, kept = self.variances(returns)[-1], self.alpha + self.beta
        level = self.omega / (1 - kept)
        return np.asarray(level + (following - level) * kept ** np.arange(days))


def fit(returns: np.ndarray, student: bool = True) -> Garch:
    """Return the model of the greatest likelihood, with innovations of Student's t or normal ones.

    returns: shape (days,), shares of 1.
    """
    returns = np.asarray(returns, dtype=float)
    if len(returns) < FEWEST or not np.isfinite(returns).all() or returns.std() < 1e-9:
        raise CapstanError(f"GARCH needs {FEWEST} daily returns that vary, without holes; got {len(returns)}.")
    scale = float(returns.std())
    scaled = returns / scale
    weights = DECAY ** np.arange(min(FIRST, len(returns)))
    before = float(weights @ (scaled - scaled.mean())[: len(weights)] ** 2 / weights.sum())

    def loss(free: np.ndarray) -> float:
        mean, omega, alpha, beta, degrees = _parameters(free)
        variances = _variances(scaled - mean, omega, alpha, beta, before)[:-1]
        return -_log_likelihood(scaled - mean, variances, degrees) / len(scaled)

    start = [scaled.mean(), 0.0, logit(0.98), logit(0.08), *([np.log(6.0)] if student else [])]
    best = minimize(loss, start, method="SLSQP", options={"ftol": 1e-11, "maxiter": 1_000})
    mean, omega, alpha, beta, degrees = _parameters(best.x)
    likelihood = -len(scaled) * (float(best.fun) + math.log(scale))
    return Garch(mean * scale, omega * scale**2, alpha, beta, degrees, before * scale**2, likelihood)


def _parameters(free: np.ndarray) -> tuple[float, float, float, float, float]:
    """Return mean, omega, alpha, beta and degrees of freedom from numbers that may be anything.

    free: the mean, the log of the variance in the long run, the logits of alpha + beta and of alpha's share of it, and
    the log of the degrees of freedom over 2. So omega > 0 and alpha + beta < 1 hold without constraints.
    """
    free = np.clip(free, -20, 20)  # a search that goes further finds nothing new there
    kept, share = map(float, expit(free[2:4]))
    degrees = 2 + float(np.exp(free[4])) if len(free) == 5 else NORMAL
    return float(free[0]), float(np.exp(free[1]) * (1 - kept)), kept * share, kept * (1 - share), degrees


def _variances(surprises: np.ndarray, omega: float, alpha: float, beta: float, before: float) -> np.ndarray:
    """Return the recursion as what it is, a linear filter of the squared surprises, shape (days + 1,)."""
    squares = np.concatenate([[before], surprises**2])
    variances, _ = lfilter([1.0], [1.0, -beta], omega + alpha * squares, zi=[beta * before])
    return np.asarray(variances)


def _log_likelihood(surprises: np.ndarray, variances: np.ndarray, degrees: float) -> float:
    """Return the log likelihood of surprises, in total."""
    squares = surprises**2 / variances
    if degrees == NORMAL:
        return float(-0.5 * (np.log(2 * np.pi) + np.log(variances) + squares).sum())
    constant = gammaln((degrees + 1) / 2) - gammaln(degrees / 2) - 0.5 * np.log(np.pi * (degrees - 2))
    each = constant - 0.5 * np.log(variances) - (degrees + 1) / 2 * np.log1p(squares / (degrees - 2))
    return float(each.sum())
