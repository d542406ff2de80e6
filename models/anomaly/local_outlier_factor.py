"""Local outlier factor: how much sparser the surroundings of a row are than those of its neighbours.

Source: Breunig, Kriegel, Ng and Sander, "LOF: identifying density-based local outliers" (2000), definitions 5 to 7.

Reference: sklearn.neighbors.LocalOutlierFactor, 1e-6.
"""

from __future__ import annotations

import numpy as np


class LocalOutlierFactor:
    """The factor of new rows among known ones. Distances are Euclidean, in parts of `chunk` rows."""

    def __init__(self, neighbours: int = 20, chunk: int = 512):
        self.neighbours, self.chunk = neighbours, chunk

    def fit(self, x: np.ndarray) -> LocalOutlierFactor:
        """Keep the known rows and their densities. x: shape (n, d), more rows than neighbours."""
        self.x = np.asarray(x, dtype=float)
        near, distance = self.nearest(self.x, itself=True)
        self.reach = distance[:, -1]  # to the farthest neighbour
        self.density = self._density(near, distance)
        self.known = self.density[near].mean(axis=1) / self.density  # the factor of the known rows themselves
        return self

    def score(self, x: np.ndarray) -> np.ndarray:
        """Return the factor of each row, shape (n,): 1 where it lies as densely as its neighbours."""
        near, distance = self.nearest(np.asarray(x, dtype=float))
        return np.asarray(self.density[near].mean(axis=1) / self._density(near, distance))

    def nearest(self, x: np.ndarray, itself: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest known rows and their distances, each of shape (n, neighbours), the nearest first."""
        places, distances, squares = [], [], (self.x**2).sum(axis=1)
        for start in range(0, len(x), self.chunk):
            part = x[start : start + self.chunk]
            apart = squares - 2 * part @ self.x.T + (part**2).sum(axis=1)[:, np.newaxis]
            if itself:
                apart[np.arange(len(part)), np.arange(start, start + len(part))] = np.inf
            near = np.argpartition(apart, self.neighbours - 1, axis=1)[:, : self.neighbours]
            # The product above loses digits where rows are close: what was found is measured again.
            exact = np.sqrt(((self.x[near] - part[:, np.newaxis]) ** 2).sum(axis=2))
            order = np.argsort(exact, axis=1, kind="stable")
            places.append(np.take_along_axis(near, order, axis=1))
            distances.append(np.take_along_axis(exact, order, axis=1))
        return np.concatenate(places), np.concatenate(distances)

    def _density(self, near: np.ndarray, distance: np.ndarray) -> np.ndarray:
        reachable = np.maximum(distance, self.reach[near])
        return np.asarray(1 / (reachable.mean(axis=1) + 1e-10))
