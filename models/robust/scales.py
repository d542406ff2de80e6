"""Robust scales of residuals, and weighted least squares."""

from __future__ import annotations

import numpy as np

TUKEY_S, TUKEY_MM = 1.5476, 4.6851  # of the bisquare: half of the rows may be wrong; 95 % efficiency at the normal


def deviation(residual: np.ndarray) -> float:
    """Return the median absolute residual, as a standard deviation of the normal distribution."""
    return float(np.median(np.abs(residual)) / 0.6744898)


def weighted(design: np.ndarray, target: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the weights of weighted least squares, shape (k,)."""
    root = np.sqrt(share)
    return np.asarray(np.linalg.lstsq(design * root[:, None], target * root, rcond=None)[0])


def bisquare_share(scaled: np.ndarray, limit: float) -> np.ndarray:
    """Return the weight of each row by Tukey's bisquare, shape (n,): 0 beyond the limit."""
    return np.asarray(np.where(np.abs(scaled) < limit, (1 - (scaled / limit) ** 2) ** 2, 0.0))


def bisquare_loss(scaled: np.ndarray, limit: float) -> np.ndarray:
    """Return Tukey's loss, at most 1, shape (n,)."""
    inside = np.minimum((scaled / limit) ** 2, 1)
    return np.asarray(1 - (1 - inside) ** 3)


def subsets(rows: int, size: int, count: int, seed: int) -> np.ndarray:
    """Return rows drawn without replacement, shape (count, size)."""
    random = np.random.default_rng(seed)
    return np.array([random.choice(rows, size, replace=False) for _ in range(count)])
