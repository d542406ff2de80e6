"""Autoencoder: what a narrow network cannot copy is unusual.

Source: Hawkins, He, Williams and Baxter, "Outlier detection using replicator neural networks" (2002). One hidden layer
of tanh, narrower than the input, and a linear output; the gradients are written out, the optimizer is Adam: Kingma and
Ba (2015), algorithm 1.

Reference: torch.autograd, loss and gradients, 1e-9.
"""

from __future__ import annotations

import numpy as np

Parameters = list[np.ndarray]


def loss(x: np.ndarray, parameters: Parameters) -> tuple[float, Parameters]:
    """Return the mean squared error of the copies, and its gradient. parameters: weights and offsets of both layers."""
    first, offset, second, last = parameters
    hidden = np.tanh(x @ first + offset)
    error = hidden @ second + last - x
    slope = 2 * error / error.size
    inner = slope @ second.T * (1 - hidden**2)
    return float((error**2).mean()), [x.T @ inner, inner.sum(axis=0), hidden.T @ slope, slope.sum(axis=0)]


class Autoencoder:
    """Columns are put on one scale first. hidden: width of the middle."""

    def __init__(self, hidden: int = 4, rounds: int = 60, batch: int = 256, rate: float = 0.01, seed: int = 0):
        self.hidden, self.rounds, self.batch, self.rate, self.seed = hidden, rounds, batch, rate, seed

    def fit(self, x: np.ndarray) -> Autoencoder:
        """Learn to copy the rows. x: shape (n, d)."""
        random = np.random.default_rng(self.seed)
        self.mean, self.spread = x.mean(axis=0), x.std(axis=0) + 1e-9
        z = self._scaled(x)
        columns = x.shape[1]
        self.parameters = [
            random.normal(0, columns**-0.5, (columns, self.hidden)),
            np.zeros(self.hidden),
            random.normal(0, self.hidden**-0.5, (self.hidden, columns)),
            np.zeros(columns),
        ]
        moments = [(np.zeros_like(weights), np.zeros_like(weights)) for weights in self.parameters]
        step = 0
        for _ in range(self.rounds):
            order = random.permutation(len(z))
            for start in range(0, len(z), self.batch):
                step += 1
                _, slopes = loss(z[order[start : start + self.batch]], self.parameters)
                for place, slope in enumerate(slopes):
                    first, second = moments[place]
                    first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
                    moments[place] = first, second
                    change = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
                    self.parameters[place] = self.parameters[place] - self.rate * change
        return self

    def score(self, x: np.ndarray) -> np.ndarray:
        """Return the mean squared error of each row's copy, shape (n,)."""
        return np.asarray(self.errors(x).mean(axis=1))

    def errors(self, x: np.ndarray) -> np.ndarray:
        """Return the squared error of each column, shape (n, d): what each column has to do with the score."""
        first, offset, second, last = self.parameters
        z = self._scaled(x)
        return np.asarray((np.tanh(z @ first + offset) @ second + last - z) ** 2)

    def _scaled(self, x: np.ndarray) -> np.ndarray:
        # What lies far outside would have errors without end, and steps without end while learning.
        return np.asarray(np.clip((x - self.mean) / self.spread, -10, 10))
