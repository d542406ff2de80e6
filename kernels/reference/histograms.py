"""Histograms of gradients in NumPy. Source: Ke et al., "LightGBM" (2017), algorithm 1."""

import numpy as np


def histograms(bins: np.ndarray, rows: np.ndarray, width: int, gradient: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the sums of both gradients and the count of some rows in each bin, (3, columns, width), float64.

    bins: of all rows, (n, columns), below width. rows: the numbers of those that count, (m,). gradient, second: (n,).
    """
    columns = bins.shape[1]
    cells, size = (bins[rows] + np.arange(columns) * width).ravel(), columns * width
    each = [np.bincount(cells, np.repeat(values[rows], columns), size) for values in (gradient, second)]
    return np.stack([*each, np.bincount(cells, minlength=size)]).reshape(3, columns, width)
