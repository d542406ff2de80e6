"""Numbers as bytes: seven bits a byte, the highest bit is set on the last byte of a number.

Source: Manning, Raghavan and Schuetze, "Introduction to Information Retrieval" (2008), section 5.3.1. Increasing
numbers are stored as gaps, which are small.
"""

from __future__ import annotations

import numpy as np

LAST = 128
MOST = 5  # bytes of a number


def lengths(numbers: np.ndarray) -> np.ndarray:
    """Return how many bytes each number takes, shape (n,). numbers: from 0 to below 2^35, shape (n,)."""
    sizes = np.ones(len(numbers), np.int64)
    for more in range(1, MOST):
        sizes += numbers >= 2 ** (7 * more)
    return sizes


def encode(numbers: np.ndarray) -> bytes:
    """Return numbers as bytes. numbers: integers from 0 to below 2^35, shape (n,)."""
    sizes = lengths(numbers)
    ends = np.cumsum(sizes)
    content = np.zeros(int(sizes.sum()), np.uint8)
    for back in range(MOST):  # from the last byte of each number, which has its highest bits, to the first
        has = sizes > back
        content[ends[has] - 1 - back] = (numbers[has] >> (7 * (sizes[has] - 1 - back))) & (LAST - 1)
    content[ends - 1] |= LAST
    return content.tobytes()


def decode(data: np.ndarray) -> np.ndarray:
    """Return the numbers of bytes that `encode` made, int64, shape (n,). data: bytes, shape (m,)."""
    last = data >= LAST
    if last.all():  # each number has one byte, as in most blocks
        return (data & (LAST - 1)).astype(np.int64)
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    places = np.arange(len(data)) - np.repeat(starts, ends - starts + 1)
    parts = (data & (LAST - 1)).astype(np.int64) << (7 * places)
    return np.asarray(np.add.reduceat(parts, starts))
