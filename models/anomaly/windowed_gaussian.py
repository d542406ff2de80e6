"""The windowed Gaussian of the Numenta Anomaly Benchmark: the tail of a value among the last 6,400.

Source: NAB 1.1, its detector of this name. The window moves on by 100 values at a time. The score is 1 - Q(|z|), with Q
the tail of the normal distribution: NAB publishes 39.6 for it, at a threshold of 1 - 5e-13.

Reference: the scores that NAB publishes for it in three profiles, 0.051 points; scipy.stats.norm over the window, 1e-9.
"""

from __future__ import annotations

import numpy as np

WINDOW, STEP = 6_400, 100
PUBLISHED = 1 - 5e-13  # the threshold at which the published scores of all three profiles come out


def scores(values: np.ndarray) -> np.ndarray:
    """Return the score of each value, shape (n,). values: shape (n,)."""
    from scipy.special import erfc

    index = np.arange(len(values))
    start = np.where(index <= WINDOW, 0, (index - WINDOW) // STEP * STEP)
    end = np.where(index <= WINDOW, index, start + WINDOW)
    count = np.maximum(end - start, 1)
    shifted = values - values[0]  # sums of what is far from 0 lose digits
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (shifted, shifted**2))
    mean = (sums[end] - sums[start]) / count
    spread = np.sqrt(np.maximum((squares[end] - squares[start]) / count - mean**2, 0))
    spread[spread < 1e-7] = 1e-6
    probability = 1 - 0.5 * erfc(np.abs(shifted - mean) / spread / np.sqrt(2))
    probability[0] = 0
    return np.asarray(probability)
