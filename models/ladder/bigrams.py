"""How often each byte follows each other one: the simplest model of a text that knows the past."""

from __future__ import annotations

import numpy as np

VALUES = 256  # of a byte


class Bigrams:
    """The probability of a byte after another, where each pair was seen `added` times more: Lidstone (1920)."""

    def __init__(self, text: np.ndarray, added: float = 0.05):
        counts = np.full((VALUES, VALUES), added)
        np.add.at(counts, (text[:-1], text[1:]), 1)
        self.shares = counts / counts.sum(axis=1, keepdims=True)

    def chances(self, text: np.ndarray) -> np.ndarray:
        """Return the probability of each byte after the one before it, shape (n,). A newline is before the first.

        text: bytes, shape (n,).
        """
        before = np.concatenate([np.frombuffer(b"\n", np.uint8), text[:-1]])
        return np.asarray(self.shares[before, text])
