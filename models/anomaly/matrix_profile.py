"""Matrix profile: how far each stretch of a series is from the nearest other one, whatever its level and its size.

Source: Yeh et al., "Matrix profile I" (2016), and Zhu et al., "Matrix profile II" (2016): along a diagonal, products of
stretches follow from those before (STOMP), so that all distances take n^2 steps, whatever the length.

Reference: stumpy.stump and all pairs of stretches by hand, 1e-4.
"""

from __future__ import annotations

import numpy as np

FLAT = 1e-12  # standard deviation, relative to the largest value, below which a stretch is flat


def profile(values: np.ndarray, length: int, left: bool = False) -> np.ndarray:
    """Return the z-normalised distance to the nearest stretch that overlaps by less than half, shape (n - length + 1,).

    values: shape (n,). left: look at earlier stretches alone; where there is none, the distance is infinite.
    Two flat stretches have the distance 0, a flat one and another sqrt(length).
    """
    values = np.asarray(values, dtype=float) - np.mean(values)
    stretches = np.lib.stride_tricks.sliding_window_view(values, length)
    count, near = len(stretches), int(np.ceil(length / 2))
    mean, spread = stretches.mean(axis=1), stretches.std(axis=1)
    flat = spread <= FLAT * (np.abs(values).max() + 1e-300)
    spread = np.where(flat, 1.0, spread)
    first = stretches @ stretches[0]  # products of the first stretch with all
    products, best = first.copy(), np.full(count, np.inf)
    places = np.arange(count)
    for row in range(count):
        if row:
            gone, come = values[: count - 1] * values[row - 1], values[length:] * values[row + length - 1]
            products[1:] = products[:-1] - gone + come
            products[0] = first[row]
        alike = (products - length * mean * mean[row]) / (length * spread * spread[row])
        squared = 2 * length * (1 - np.clip(alike, -1, 1))
        squared[flat != flat[row]] = length
        if flat[row]:
            squared[flat] = 0
        squared[np.abs(places - row) < near] = np.inf
        if left:
            squared[row:] = np.inf
        best[row] = squared.min()
    return np.asarray(np.sqrt(best))
