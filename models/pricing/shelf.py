"""A shelf of brands with log-log demand: what it earns, which prices may be set, and which brand costs more.

Reference: the product over all brands by hand, profits within 1e-6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Choices(NamedTuple):
    """Prices that may be set, one brand at a time. brand: shape (k,). price: dollars, (k,)."""

    brand: np.ndarray
    price: np.ndarray


class Order(NamedTuple):
    """Pairs of brands, by number, shape (m,): `above` costs at least as much as `below`."""

    above: np.ndarray
    below: np.ndarray

    def slack(self, now: np.ndarray) -> np.ndarray:
        """Return by how much each pair may be out of order: as much as it is now, shape (m,)."""
        return np.asarray(np.maximum(now[self.below] - now[self.above], 0) + 1e-9)

    def kept(self, prices: np.ndarray, now: np.ndarray) -> np.ndarray:
        """Return whether shelves keep the order, shape (...). prices: (..., brands)."""
        return np.asarray((prices[..., self.below] - prices[..., self.above] <= self.slack(now)).all(axis=-1))


def profit(
    prices: np.ndarray, now: np.ndarray, sold: np.ndarray, cost: np.ndarray, elasticity: np.ndarray
) -> np.ndarray:
    """Return what each brand earns, shape (..., brands).

    prices: (..., brands). sold: packages at the prices `now`. elasticity: (..., brands, brands), of the sales of brand
    i by the price of brand j.
    """
    changes = np.log(prices / now)
    return np.asarray((prices - cost) * sold * np.exp((elasticity @ changes[..., None])[..., 0]))
