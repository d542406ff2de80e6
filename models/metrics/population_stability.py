"""The population stability index: how much shares have changed."""

import numpy as np

SMALLEST = 1e-4  # so that a part that has vanished still counts


def stability_index(before: np.ndarray, after: np.ndarray) -> float:
    """Return the population stability index of two arrays of shares.

    By custom, over 0.1 is a change, and over 0.25 a large one.
    """
    before, after = (np.clip(shares, SMALLEST, None) for shares in (before, after))
    return float(((after - before) * np.log(after / before)).sum())
