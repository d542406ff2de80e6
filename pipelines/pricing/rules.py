"""Which prices a shelf may have: price points, how far a price moves, the least margin, and the order of brands."""

from __future__ import annotations

import numpy as np

from models.pricing.shelf import Choices, Order
from pipelines.pricing.columns import BRANDS, COUNT

MOST_CHANGE = 0.1  # of the price on the shelf
LEAST_MARGIN = 0.05  # of the price
CENT, ENDING = 0.01, 9  # a price point ends in 9 cents
# The first costs more than the second, in dollars: a larger package, a premium brand, a national brand.
PAIRS = [
    ("Tropicana Premium 96 oz", "Tropicana Premium 64 oz"),
    ("Minute Maid 96 oz", "Minute Maid 64 oz"),
    ("Dominick's 128 oz", "Dominick's 64 oz"),
    ("Tropicana Premium 64 oz", "Tropicana 64 oz"),
    ("Florida's Natural 64 oz", "Dominick's 64 oz"),
    ("Tropicana 64 oz", "Dominick's 64 oz"),
    ("Minute Maid 64 oz", "Dominick's 64 oz"),
    ("Citrus Hill 64 oz", "Dominick's 64 oz"),
]
ORDER = Order(*(np.array([BRANDS.index(pair[end]) for pair in PAIRS]) for end in (0, 1)))


def choices(now: np.ndarray, cost: np.ndarray, change: float = MOST_CHANGE, margin: float = LEAST_MARGIN) -> Choices:
    """Return the price points of each brand that keep change and margin, and the price now. now, cost: (11,).

    A price that is below the margin already may stay, or rise.
    """
    points = [np.union1d(among(now[one], cost[one], change, margin), now[one]) for one in range(COUNT)]
    return Choices(np.repeat(np.arange(COUNT), [len(one) for one in points]), np.concatenate(points))


def among(now: float, cost: float, change: float, margin: float) -> np.ndarray:
    """Return the price points of one brand, without the price now."""
    low, high = now * (1 - change), now * (1 + change)
    first = np.floor(low * 10) / 10 + ENDING * CENT
    points = np.round(np.arange(first - 0.1, high + CENT / 2, 0.1), 2)
    return points[(points >= low) & (points <= high) & (points * (1 - margin) >= cost)]
