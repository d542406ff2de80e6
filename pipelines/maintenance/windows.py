"""What the last cycles of an engine show: levels, slopes and scatter of its sensors over windows of several lengths."""

from __future__ import annotations

import numpy as np

from pipelines.maintenance.columns import USED

# Cycles: see the study `tune`. At an engine's start a window is as long as what is known.
LENGTHS: tuple[int, ...] = (5, 15, 30, 60, 100, 200)
SLOPES: tuple[int, ...] = (30, 60, 100, 200)
SCATTER = 30


def features(
    sensors: np.ndarray, cycle: np.ndarray, lengths: tuple[int, ...] = LENGTHS, slopes: tuple[int, ...] = SLOPES
) -> np.ndarray:
    """Return what is known at each cycle of one engine, shape (n, f).

    sensors: normalized, shape (n, k), of consecutive cycles. cycle: how many the engine has flown, shape (n,).
    """
    parts = [mean(sensors, length) for length in lengths] + [slope(sensors, length) for length in slopes]
    return np.column_stack([cycle.astype(float), *parts, scatter(sensors, SCATTER)])


def names() -> list[str]:
    """Return the names of the features."""
    kinds = [*(f"mean of {n}" for n in LENGTHS), *(f"slope of {n}" for n in SLOPES), f"scatter of {SCATTER}"]
    return ["cycle", *(f"{sensor}, {kind}" for kind in kinds for sensor in USED)]


def sums(values: np.ndarray, length: int) -> np.ndarray:
    """Return the sum of the last `length` rows, or of those that there are, shape of values."""
    whole = np.cumsum(values, axis=0)
    whole[length:] -= whole[:-length].copy()
    return np.asarray(whole)


def counts(rows: int, length: int) -> np.ndarray:
    """Return how many cycles a window has at each row, shape (rows, 1)."""
    return np.minimum(np.arange(1, rows + 1), length)[:, None].astype(float)


def mean(values: np.ndarray, length: int) -> np.ndarray:
    """Return the mean over the window at each row."""
    return np.asarray(sums(values, length) / counts(len(values), length))


def scatter(values: np.ndarray, length: int) -> np.ndarray:
    """Return the standard deviation over the window at each row."""
    return np.asarray(np.sqrt(np.maximum(mean(values**2, length) - mean(values, length) ** 2, 0)))


def slope(values: np.ndarray, length: int) -> np.ndarray:
    """Return the slope of the least-squares line over the window at each row, per cycle; 0 at a single row."""
    position = np.arange(len(values), dtype=float)[:, None]
    n = counts(len(values), length)
    middle = position - (n - 1) / 2  # of the window, in rows
    moment = sums(values * position, length) - middle * sums(values, length)
    return np.asarray(moment / np.maximum(n * (n**2 - 1) / 12, 0.5))
