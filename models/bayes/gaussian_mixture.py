"""A Gaussian mixture by variational inference: components that are not needed get no weight.

Source: Bishop (2006), section 10.2.1, equations 10.46 to 10.67.

Reference: sklearn.mixture.BayesianGaussianMixture, means within 2e-3.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma


class Mixture:
    """Weights (Dirichlet), means and precisions (Gauss-Wishart) of the components."""

    def __init__(self, components: int, weight: float = 0.01, steps: int = 500):
        """weight: of a component before data; a small one leaves components empty."""
        self.components, self.weight, self.steps = components, weight, steps

    def fit(self, points: np.ndarray, share: np.ndarray) -> Mixture:
        """Return the mixture. points: shape (n, d). share: of each component in each point at the start, (n, c)."""
        size = points.shape[1]
        centre, spread = points.mean(axis=0), np.atleast_2d(np.cov(points.T))
        for _ in range(self.steps):
            number = share.sum(axis=0) + 10 * np.finfo(float).eps
            means = share.T @ points / number[:, None]
            self.alpha, self.beta, self.freedom = self.weight + number, 1 + number, size + number
            self.means = (centre + number[:, None] * means) / self.beta[:, None]
            self.inverse = np.empty((self.components, size, size))  # of W
            for one in range(self.components):
                apart = points - means[one]
                off = means[one] - centre
                self.inverse[one] = spread + (share[:, one, None] * apart).T @ apart
                self.inverse[one] += number[one] / (1 + number[one]) * np.outer(off, off)
            before, share = share, self.shares(points)
            if np.abs(share - before).max() < 1e-6:
                break
        return self

    def shares(self, points: np.ndarray) -> np.ndarray:
        """Return the share of each component in each point, shape (n, c)."""
        size, made = points.shape[1], np.empty((len(points), self.components))
        for one in range(self.components):
            apart = points - self.means[one]
            distance = np.einsum("ij,ij->i", apart, np.linalg.solve(self.inverse[one], apart.T).T)
            log_det = digamma((self.freedom[one] - np.arange(size)) / 2).sum() + size * np.log(2)
            log_det -= np.linalg.slogdet(self.inverse[one])[1]
            made[:, one] = digamma(self.alpha[one]) + log_det / 2
            made[:, one] -= (size / self.beta[one] + self.freedom[one] * distance) / 2
        made = np.exp(made - made.max(axis=1, keepdims=True))
        return np.asarray(made / made.sum(axis=1, keepdims=True))

    @property
    def covariances(self) -> np.ndarray:
        """Return the covariance of each component at the mean of its precision, shape (c, d, d)."""
        return np.asarray(self.inverse / self.freedom[:, None, None])
