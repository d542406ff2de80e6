"""The market inside the chain: brands' shares, and what a brand that gets cheaper takes from the others.

The file has one chain alone: what competitors ask, and whether they follow, is not in it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.pricing.columns import BRANDS
from pipelines.pricing.demand import OWN, Demand
from pipelines.pricing.shelves import Shelves


def table(learned: Demand, test: tuple[Shelves, Shelves]) -> pd.DataFrame:
    """Return a row per brand: its shares of packages, dollars and profit.

    taken: of each further dollar of sales that a lower price brings, how much the other brands lose, by the model.
    """
    rows, _ = test
    packages = np.exp(rows.sold)
    dollars, profit = packages * rows.price, packages * (rows.price - rows.cost)
    share = [part.sum(axis=0) / part.sum() for part in (packages, dollars, profit)]
    own = np.array([model.fixed[OWN] for model in learned.brands])
    mean = dollars.mean(axis=0)
    # One percent off brand j brings -own of its packages in percent, and takes cross of those of brand i.
    brought = -own * mean
    lost = (learned.cross * mean[:, None]).sum(axis=0)
    return pd.DataFrame(
        {"brand": BRANDS, "packages": share[0], "dollars": share[1], "profit": share[2], "taken": lost / brought}
    )
