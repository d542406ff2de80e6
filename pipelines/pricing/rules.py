"""Which prices a shelf may have: near the usual ones, seen together, with a margin, in the order of brands.

The basket may not cost more than at usual prices: in the held-out year, 1.6 % of the shelves did, so nothing tested it.
Montgomery, "Creating micro-marketing pricing strategies using supermarket scanner data" (1997), holds the mean price.
"""

from __future__ import annotations

import numpy as np

from models.pricing import price_region
from models.pricing.price_region import Seen
from models.pricing.shelf import Limits
from pipelines.pricing.columns import BRANDS

MOST_CHANGE = 0.1  # of the usual price
LEAST_MARGIN = 0.05  # of the price
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
ABOVE, BELOW = ([BRANDS.index(pair[end]) for pair in PAIRS] for end in (0, 1))


def limits(base: np.ndarray, sold: np.ndarray, seen: Seen) -> Limits:
    """Return what the prices keep together. sold: packages that are expected at `base`, (11,)."""
    return price_region.limits(base, sold, seen, ABOVE, BELOW)
