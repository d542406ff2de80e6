"""A shelf of brands with log-log demand: what it earns, which prices may be set, and what prices keep together.

Reference: the product over all brands by hand, profits within 1e-6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Choices(NamedTuple):
    """Prices that may be set, one brand at a time. brand: shape (k,). price: dollars, (k,)."""

    brand: np.ndarray
    price: np.ndarray


class Limits(NamedTuple):
    """What the prices of a shelf must keep together: low <= rows @ log(prices) <= high.

    rows: (m, brands). low, high: (m,). Such as: a brand costs more than another, a basket costs no more than now.
    """

    rows: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def kept(self, prices: np.ndarray) -> np.ndarray:
        """Return whether shelves keep the limits, shape (...). prices: (..., brands)."""
        values = np.log(prices) @ self.rows.T
        return np.asarray(((values >= self.low) & (values <= self.high)).all(axis=-1))


def profit(
    prices: np.ndarray, now: np.ndarray, sold: np.ndarray, cost: np.ndarray, elasticity: np.ndarray
) -> np.ndarray:
    """Return what each brand earns, shape (..., brands).

    prices: (..., brands). sold: packages at the prices `now`. elasticity: (..., brands, brands), of the sales of brand
    i by the price of brand j.
    """
    changes = np.log(prices / now)
    return np.asarray((prices - cost) * sold * np.exp((elasticity @ changes[..., None])[..., 0]))
