"""The posterior of a mixed model by the No-U-Turn sampler, with priors of the variances and the effects integrated out.

`models/linear/mixed.py` takes the variances of groups and of the noise as known once they are fitted. Here they have
priors, and `nuts.py` draws them together with the fixed effects; the effects of groups are drawn after it. Source:
Gelman et al., "Bayesian Data Analysis" (2013), chapter 15; the gradient is by Fisher's identity.

Reference: scipy.optimize.check_grad, the gradient within 0.01 % of its length.
"""

from __future__ import annotations

import numpy as np

from models.bayes import nuts
from models.linear import mixed

CHAINS, DRAWS = 4, 400
WIDE = 10.0  # standard deviation of the prior of a fixed effect
FAR = 15.0  # a parameter beyond it is a step of the warm-up that was too large
AMONG = 1.0  # of the prior of how groups differ, and of the noise


class Density:
    """The log density of fixed effects, groups' covariance and noise, given y; its gradient by Fisher's identity.

    Parameters, (p + k (k + 1) / 2 + 1,): fixed effects; the lower triangle of a Cholesky factor of the covariance, its
    diagonal as logs; the log of the noise's standard deviation. Priors: normal, and half normal for deviations.
    """

    def __init__(self, y: np.ndarray, x: np.ndarray, z: np.ndarray, group: np.ndarray):
        """y, group: (n,). x: (n, p). z: (n, k)."""
        groups, place = np.unique(group, return_inverse=True)
        self.count, self.groups, self.p, self.k = len(y), len(groups), x.shape[1], z.shape[1]
        self.zz, self.zx = (mixed.sums(place, len(groups), z[:, :, None] * matrix[:, None, :]) for matrix in (z, x))
        self.zy = mixed.sums(place, len(groups), z * y[:, None])
        self.xx, self.xy, self.yy = x.T @ x, x.T @ y, float(y @ y)
        self.lower = np.tril_indices(self.k)
        self.diagonal = np.flatnonzero(self.lower[0] == self.lower[1])
        self.size = self.p + len(self.lower[0]) + 1

    def parts(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Return fixed effects, the Cholesky factor (k, k), and the variance of the noise."""
        entries = point[self.p : -1].copy()
        entries[self.diagonal] = np.exp(entries[self.diagonal])
        factor = np.zeros((self.k, self.k))
        factor[self.lower] = entries
        return point[: self.p], factor, float(np.exp(2 * point[-1]))

    def effects(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean (g, k) and covariance (g, k, k) of the effects of the groups, given all else."""
        fixed, factor, noise = self.parts(point)
        inverse = np.linalg.inv(factor @ factor.T)
        spread = np.linalg.inv(self.zz / noise + inverse)
        return np.einsum("gkl,gl->gk", spread, self.zy - self.zx @ fixed) / noise, spread

    def __call__(self, point: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient; minus infinity where a step went far beyond what numbers can hold."""
        if not np.abs(point).max() < FAR:
            return -np.inf, np.zeros(self.size)
        fixed, factor, noise = self.parts(point)
        means, spread = self.effects(point)
        left = self.zy - self.zx @ fixed
        squares = self.yy - 2 * fixed @ self.xy + fixed @ self.xx @ fixed
        explained = float((left * means).sum())
        diagonal = np.diag(factor)
        logdet = self.count * np.log(noise) + self.groups * 2 * np.log(diagonal).sum()
        logdet -= np.linalg.slogdet(spread)[1].sum()
        value = -0.5 * (logdet + (squares - explained) / noise)

        inverse = np.linalg.inv(factor @ factor.T)
        moments = np.einsum("gk,gl->kl", means, means) + spread.sum(axis=0)
        by_factor = inverse @ (moments - self.groups * factor @ factor.T) @ inverse @ factor
        error = squares - 2 * explained + np.einsum("gk,gkl,gl->", means, self.zz, means)
        error += np.einsum("gkl,glk->", self.zz, spread)
        slope = np.concatenate(
            [
                (self.xy - self.xx @ fixed - np.einsum("gkp,gk->p", self.zx, means)) / noise,
                by_factor[self.lower],
                [error / noise - self.count],
            ]
        )
        # Priors, and the change of variables of what is kept as logs.
        value -= float(fixed @ fixed) / (2 * WIDE**2) + (float((factor**2).sum()) + noise) / (2 * AMONG**2)
        value += float(np.log(diagonal).sum()) + point[-1]
        slope[: self.p] -= fixed / WIDE**2
        entries = slope[self.p : -1]
        entries -= factor[self.lower] / AMONG**2
        entries[self.diagonal] = entries[self.diagonal] * diagonal + 1
        slope[-1] += 1 - noise / AMONG**2
        return value, slope

    def start(self, fitted: mixed.Mixed) -> np.ndarray:
        """Return the parameters of a fitted model."""
        entries = np.linalg.cholesky(fitted.between)[self.lower]
        entries[self.diagonal] = np.log(entries[self.diagonal])
        return np.concatenate([fitted.fixed, entries, [np.log(fitted.noise) / 2]])


def sampled(density: Density, start: np.ndarray, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Return chains, shape (CHAINS, draws, size)."""
    apart = np.random.default_rng(seed).normal(size=(CHAINS, len(start))) * 0.01
    return np.array([nuts.sample(density, start + offset, draws, draws, seed + k) for k, offset in enumerate(apart)])


def of_groups(density: Density, draws: np.ndarray, which: int, seed: int = 0) -> np.ndarray:
    """Return draws of one effect of each group with the fixed one, shape (draws, g). draws: (n, size)."""
    random, found = np.random.default_rng(seed), []
    for draw in draws:
        means, spread = density.effects(draw)
        found.append(draw[which] + means[:, which] + np.sqrt(spread[:, which, which]) * random.normal(size=len(means)))
    return np.array(found)
