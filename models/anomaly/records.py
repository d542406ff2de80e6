"""Records: a value that lies beyond all earlier ones of its stream is unusual. It has no threshold, and learns nothing.

Source: the simplest rule on a stream, in three lines. On the Numenta Anomaly Benchmark it beats the windowed Gaussian.

Reference: the definition, value by value, exactly.
"""

from __future__ import annotations

import numpy as np


def scores(values: np.ndarray) -> np.ndarray:
    """Return 1 for each value above or below all before it, else 0, shape (n,). values: shape (n,)."""
    highest, lowest = np.maximum.accumulate(values)[:-1], np.minimum.accumulate(values)[:-1]
    beyond = (values[1:] > highest) | (values[1:] < lowest)
    return np.concatenate([[0.0], beyond.astype(float)])
