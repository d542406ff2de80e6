"""The simple method that a network must beat: the three nearest images, by their main components."""

from __future__ import annotations

import numpy as np

COMPONENTS, NEIGHBOURS = 40, 3


class Nearest:
    """Images that were seen, in the plane of their main components."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray):
        """pixels: from 0 to 1, shape (n, 1, 28, 28)."""
        flat = pixels.reshape(len(pixels), -1)
        self.mean = flat.mean(axis=0)
        centred = flat - self.mean
        self.axes = np.linalg.eigh(centred.T @ centred)[1][:, -COMPONENTS:]
        self.seen = (centred @ self.axes).astype(np.float16)  # a quarter of the bytes, and the same neighbours
        self.labels = labels.astype(np.int8)

    def digits(self, pixels: np.ndarray) -> np.ndarray:
        """Return the digit that most of the nearest have, shape (n,)."""
        from sklearn.neighbors import KNeighborsClassifier

        learner = KNeighborsClassifier(NEIGHBOURS, algorithm="brute").fit(self.seen.astype(np.float32), self.labels)
        flat = pixels.reshape(len(pixels), -1)
        digits: np.ndarray = learner.predict(((flat - self.mean) @ self.axes).astype(np.float32))
        return digits
