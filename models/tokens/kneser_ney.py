"""Byte n-grams, smoothed by modified interpolated Kneser-Ney.

Each order discounts what it has seen, and gives what is left to the order below, which counts in how many contexts a
byte was seen, not how often. What was seen once, twice and more often has discounts of its own; with one discount for
all it is plain Kneser-Ney. Source: Chen and Goodman, "An Empirical Study of Smoothing Techniques" (1998), 2.7 and 3.

Reference: the formula by hand, probabilities of orders 1 to 4 within 1e-6.
"""

from __future__ import annotations

import numpy as np

VALUES = 256  # of a byte
MOST = 8  # bytes in 64 bits


class KneserNey:
    """The probability of a byte after the `order - 1` bytes before it."""

    def __init__(self, text: np.ndarray, order: int, modified: bool = True):
        """text: bytes, shape (n,), longer than `order`. modified: with three discounts, else with one."""
        if not 1 <= order <= MOST:
            raise ValueError(f"The order is from 1 to {MOST}.")
        self.order, self.tables = order, []
        for length in range(1, order + 1):
            if length < order:  # in how many contexts
                grams, counts = np.unique(np.unique(packed(text, length + 1)) & mask(length), return_counts=True)
            else:
                grams, counts = np.unique(packed(text, length), return_counts=True)
            self.tables.append(Table(grams, counts, modified))

    def chances(self, text: np.ndarray) -> np.ndarray:
        """Return the probability of each byte of a text after those before it, shape (n,)."""
        before = np.concatenate([np.zeros(self.order - 1, np.uint8), text])
        return self.of_grams(packed(before, self.order))

    def following(self, text: np.ndarray) -> np.ndarray:
        """Return the probability of each byte after each byte of a text and those before it, shape (n, 256)."""
        return self.after(packed(np.concatenate([np.zeros(self.order - 1, np.uint8), text]), self.order))

    def after(self, ends: np.ndarray) -> np.ndarray:
        """Return each byte's probability after each end of a text, shape (n, 256). ends: packed bytes, shape (n,)."""
        grams = (ends << np.uint64(8) & mask(self.order))[:, None] | np.arange(VALUES, dtype=np.uint64)
        return self.of_grams(grams.ravel()).reshape(grams.shape)

    def of_grams(self, grams: np.ndarray) -> np.ndarray:
        """Return the probability of the last byte of each gram after the others."""
        chances = np.full(len(grams), 1 / VALUES)
        for length, table in enumerate(self.tables, 1):
            chances = table.interpolated(grams & mask(length), chances)
        return chances


class Table:
    """The counts of the grams of one length, and of their contexts, the grams without their last byte."""

    def __init__(self, grams: np.ndarray, counts: np.ndarray, modified: bool):
        self.grams, self.counts = grams, counts
        self.contexts, first = np.unique(grams >> np.uint64(8), return_index=True)
        self.totals = np.add.reduceat(counts, first)
        self.discounts = discounts(counts, modified)
        self.taken = np.add.reduceat(self.discounts[np.minimum(counts, 3)], first)  # from the grams of each context

    def interpolated(self, grams: np.ndarray, below: np.ndarray) -> np.ndarray:
        """Return the probabilities of grams, where the order below gives `below`."""
        context = grams >> np.uint64(8)
        total, taken = found(self.contexts, self.totals, context), found(self.contexts, self.taken, context)
        count = found(self.grams, self.counts, grams)
        kept, known = count - self.discounts[np.minimum(count, 3)], np.maximum(total, 1)
        return np.where(total > 0, kept / known + taken / known * below, below)


def discounts(counts: np.ndarray, modified: bool) -> np.ndarray:
    """Return what is taken from a gram that was seen never, once, twice and more often, shape (4,)."""
    seen = [int((counts == times).sum()) for times in range(1, 5)]
    share = seen[0] / (seen[0] + 2 * seen[1]) if seen[0] else 0.5
    if not modified or not all(seen):  # too few grams for three
        return np.array([0.0, share, share, share])
    own = [times - (times + 1) * share * seen[times] / seen[times - 1] for times in (1, 2, 3)]
    return np.array([0.0, *np.clip(own, 0, [1, 2, 3])])


def packed(text: np.ndarray, length: int) -> np.ndarray:
    """Return each gram of a length as one number, shape (n - length + 1,). Its lowest eight bits are the last byte."""
    grams = np.zeros(len(text) - length + 1, np.uint64)
    for start in range(length):
        grams = grams << np.uint64(8) | text[start : start + len(grams)].astype(np.uint64)
    return grams


def mask(length: int) -> np.uint64:
    """Return the bits of the last bytes of a gram."""
    return np.uint64((1 << 8 * length) - 1)


def found(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 where it is not among the keys, which are in order."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
