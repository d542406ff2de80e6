"""The region of prices that a store had together: around its usual prices, each as it was seen, alone and relative.

All is anchored to the middle prices of the weeks that are given, and not to the last proposal: a shelf that is asked
again with its own answer stays.

Reference: a region by hand; the middle shelf is inside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.pricing.shelf import Choices, Limits

CENT, ENDING = 0.01, 9  # a price point ends in 9 cents
CLOSE = 1e-9


class Seen(NamedTuple):
    """The prices of a store's weeks, shapes (brands,). usual: the middle ones. lowest, highest: dollars.

    low, high: where nine tenths of the log prices were, relative to usual prices and to the mean of the shelf.
    """

    usual: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    low: np.ndarray
    high: np.ndarray


def seen(prices: np.ndarray) -> Seen:
    """Return what was seen. prices: weeks of a store, shape (n, brands)."""
    usual = np.round(np.median(prices, axis=0), 2)
    low, high = np.quantile(np.log(prices / usual) @ relative(len(usual)), (0.05, 0.95), axis=0)
    return Seen(usual, prices.min(axis=0), prices.max(axis=0), low, high)


def relative(brands: int) -> np.ndarray:
    """Return the rows that take the mean of the shelf from log prices, shape (brands, brands)."""
    return np.eye(brands) - 1 / brands


def choices(
    base: np.ndarray, free: np.ndarray, cost: np.ndarray, known: Seen, change: float, least_margin: float
) -> Choices:
    """Return the price points of each brand, and its base price. base, cost: (brands,). free: which brands may move.

    change: from the usual price, as a part of it. least_margin: of a price, as a part of it.
    """
    low = np.maximum(known.lowest, known.usual * (1 - change))
    high = np.minimum(known.highest, known.usual * (1 + change))
    points = []
    for brand, price in enumerate(base):
        tried = np.round(np.arange(np.floor(low[brand] * 10) / 10, high[brand] + 0.1, 0.1) + (ENDING - 10) * CENT, 2)
        kept = (tried >= low[brand]) & (tried <= high[brand]) & (tried * (1 - least_margin) >= cost[brand])
        points.append(np.union1d(tried[kept & free[brand]], price))
    return Choices(
        np.repeat(np.arange(len(base)), [len(brand_points) for brand_points in points]), np.concatenate(points)
    )


def limits(base: np.ndarray, sold: np.ndarray, known: Seen, above: list[int], below: list[int]) -> Limits:
    """Return the order of brands, relative prices as they were seen, and a basket that costs no more than at `base`.

    sold: packages that are expected at `base`, (brands,). above, below: pairs, of which the first costs no less. Where
    `base` is outside already, it may not get worse.
    """
    apart, count = relative(len(base)), len(above)
    ordered = np.eye(len(base))[above] - np.eye(len(base))[below]
    rows = np.vstack([ordered, apart, base * sold / (base @ sold)])
    now, middle = rows @ np.log(base), apart @ np.log(known.usual)
    low = np.concatenate([np.zeros(count), middle + known.low, [-np.inf]])
    high = np.concatenate([np.full(count, np.inf), middle + known.high, [-np.inf]])
    return Limits(rows, np.minimum(low, now) - CLOSE, np.maximum(high, now) + CLOSE)
