"""One-class support vector machine on random features: a plane that has most rows on one side, far from the origin.

Source: Schölkopf et al., "Estimating the support of a high-dimensional distribution" (2001), problem 4, here without
dual variables: stochastic gradient descent on

    1/2 |w|^2 - rho + 1/(nu n) sum max(0, rho - w'z)

Random features: Rahimi and Recht, "Random features for large-scale kernel machines" (2007), z = sqrt(2/D) cos(Wx + b).

Reference: sklearn.svm.OneClassSVM, a correlation of the scores above 0.999 on the same features and above 0.95 with the
kernel.
"""

from __future__ import annotations

import numpy as np


class OneClassSVM:
    """Full gradients with a falling step. share: of the rows that may lie outside. width: of the Gaussian kernel."""

    def __init__(
        self, share: float = 0.05, width: float | None = None, features: int = 300, rounds: int = 400, seed: int = 0
    ):
        self.share, self.width, self.features, self.rounds, self.seed = share, width, features, rounds, seed

    def fit(self, x: np.ndarray) -> OneClassSVM:
        """Draw the features and find the plane. x: shape (n, d), columns of like scale."""
        random = np.random.default_rng(self.seed)
        # By default the kernel of scikit-learn's gamma="scale".
        width = self.width or float(np.sqrt(x.shape[1] * x.var() / 2))
        self.directions = random.normal(size=(x.shape[1], self.features)) / width
        self.phases = random.uniform(0, 2 * np.pi, self.features)
        z = self.mapped(x)
        self.weights, self.offset = z.mean(axis=0), 0.0
        kept, kept_offset = np.zeros(self.features), 0.0
        for number in range(1, self.rounds + 1):
            margin = z @ self.weights
            # For given weights the best offset is a quantile of the margins.
            self.offset = float(np.quantile(margin, self.share))
            outside = margin < self.offset
            gradient = self.weights - z[outside].sum(axis=0) / (self.share * len(z))
            self.weights = self.weights - gradient / (1 + number)
            if number > self.rounds // 2:  # the mean of the second half is nearer to the optimum than its last point
                kept, kept_offset = kept + self.weights, kept_offset + 1
        self.weights = kept / kept_offset
        self.offset = float(np.quantile(z @ self.weights, self.share))
        return self

    def mapped(self, x: np.ndarray) -> np.ndarray:
        """Return the random features, shape (n, features): their products are near the kernel."""
        return np.asarray(np.sqrt(2 / self.features) * np.cos(x @ self.directions + self.phases))

    def score(self, x: np.ndarray) -> np.ndarray:
        """Return the distance beyond the plane, shape (n,): above 0 is outside."""
        return np.asarray(self.offset - self.mapped(x) @ self.weights)
