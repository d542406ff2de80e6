"""A linear mixed model by maximum likelihood: y = X a + Z u + e, with u of each group from one normal distribution.

Sources: Laird and Ware, "Random-effects models for longitudinal data" (1982); the step for `a` is generalized least
squares, as in Liu and Rubin, "The ECME algorithm" (1994). What a group deviates by is its posterior mean, empirical
Bayes: few or dull rows leave it near zero.

Reference: statsmodels.MixedLM, 1e-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mixed:
    """What was fitted. fixed: a, shape (p,), with its `covariance`. groups: their names, shape (g,).

    effects: u of each group, (g, k), with its posterior covariance, `spread`, (g, k, k). between: the covariance of u
    among groups, (k, k). noise: variance of e. covariance: robust to what the rows of a `cluster` share.
    """

    fixed: np.ndarray
    covariance: np.ndarray
    groups: np.ndarray
    effects: np.ndarray
    spread: np.ndarray
    between: np.ndarray
    noise: float
    log_likelihood: float


def fit(
    y: np.ndarray,
    x: np.ndarray,
    z: np.ndarray,
    group: np.ndarray,
    cluster: np.ndarray,
    steps: int = 200,
    close: float = 1e-6,
) -> Mixed:
    """Return the model. y, group, cluster: (n,). x: (n, p). z: (n, k). Stops where a step changes the log-likelihood
    by less than `close`, relative to its size.
    """
    groups, place = np.unique(group, return_inverse=True)
    zz, zx, zy = (sums(place, len(groups), z[:, :, None] * matrix[:, None, :]) for matrix in (z, x, y[:, None]))
    xx, xy = x.T @ x, x.T @ y
    between, noise, fixed, last = np.eye(z.shape[1]) * y.var() / 10, float(y.var()), np.zeros(x.shape[1]), -np.inf
    likelihood = last
    for _ in range(steps):
        spread = np.linalg.inv(zz / noise + np.linalg.inv(between))
        weighted = spread @ zx / noise  # of each group: what u takes from X a
        precision = (xx - np.einsum("gkp,gkq->pq", zx, weighted)) / noise
        known = spread @ zy / noise
        fixed = np.linalg.solve(precision, (xy - np.einsum("gkp,gk->p", zx, known[..., 0])) / noise)
        rest = y - x @ fixed
        effects = known[..., 0] - weighted @ fixed
        error = rest - (z * effects[place]).sum(axis=1)
        likelihood = marginal(rest, error, spread, between, noise)
        if abs(likelihood - last) < close * abs(likelihood):
            break
        last = likelihood
        between = (np.einsum("gk,gl->kl", effects, effects) + spread.sum(axis=0)) / len(groups)
        noise = float((error @ error + np.einsum("gkl,glk->", zz, spread)) / len(y))
    covariance = robust(x - np.einsum("nk,nkp->np", z, weighted[place]), error, precision, noise, cluster)
    return Mixed(fixed, covariance, groups, effects, spread, between, noise, likelihood)


def sums(place: np.ndarray, count: int, values: np.ndarray) -> np.ndarray:
    """Return the sum of the values of each group, shape (count, ...)."""
    totals = np.zeros((count, *values.shape[1:]))
    np.add.at(totals, place, values)
    return totals


def marginal(rest: np.ndarray, error: np.ndarray, spread: np.ndarray, between: np.ndarray, noise: float) -> float:
    """Return the log-likelihood of y with u integrated out. rest: y - X a. error: rest - Z u."""
    n, groups = len(rest), len(spread)
    logdet = n * np.log(noise) + groups * np.linalg.slogdet(between)[1] - np.linalg.slogdet(spread)[1].sum()
    return float(-0.5 * (n * np.log(2 * np.pi) + logdet + rest @ error / noise))


def robust(left: np.ndarray, error: np.ndarray, precision: np.ndarray, noise: float, cluster: np.ndarray) -> np.ndarray:
    """Return the covariance of `a` where the errors of a cluster, such as a week, are not independent.

    left: X without what Z takes of it. Source: Liang and Zeger, "Longitudinal data analysis using generalized linear
    models" (1986).
    """
    places = np.unique(cluster, return_inverse=True)[1]
    count = places.max() + 1
    scores = sums(places, count, left * error[:, None] / noise)
    inverse = np.linalg.inv(precision)
    return np.asarray(inverse @ (scores.T @ scores) @ inverse * count / (count - 1))
