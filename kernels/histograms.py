"""Histograms of gradients on a CPU: one pass over the rows adds all three, and nothing is copied before.

Each bin is added to in the order of the rows, as NumPy does it: the results are equal to the last digit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from kernels import notice
from kernels.reference.histograms import histograms as reference


def histograms(bins: np.ndarray, rows: np.ndarray, width: int, gradient: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the sums of both gradients and the count of some rows in each bin, (3, columns, width), float64.

    bins: of all rows, (n, columns), below width. rows: the numbers of those that count, (m,). gradient, second: (n,).
    Where Numba is installed, it compiles this in a second, once per process. Raises ValueError for a row or a bin that
    is none.
    """
    add = _compiled()
    if add is None:
        notice.warn("histograms", "Numba is not installed")
        return reference(bins, rows, width, gradient, second)
    sums = np.zeros((3, bins.shape[1], width))
    if add(bins, rows, gradient, second, sums) < len(rows):
        raise ValueError(f"Rows are numbers from 0 to {len(bins) - 1}, bins from 0 to {width - 1}.")
    return sums


@functools.cache
def _compiled() -> Callable[..., Any] | None:
    try:
        from numba import njit
    except ImportError:
        return None
    compiled: Callable[..., Any] = njit(_add, nogil=True)
    return compiled


def _add(bins: Any, rows: Any, gradient: Any, second: Any, made: Any) -> int:
    """Add up, and return how many rows were right before the first that was not."""
    width = made.shape[2]
    for number, row in enumerate(rows):
        if row < 0 or row >= bins.shape[0]:
            return number
        slope, curve = gradient[row], second[row]
        for column in range(bins.shape[1]):
            place = bins[row, column]
            if place < 0 or place >= width:
                return number
            made[0, column, place] += slope
            made[1, column, place] += curve
            made[2, column, place] += 1.0
    return len(rows)
