"""The market inside the chain: brands' shares, what a cheaper brand takes from the others, and whether prices follow.

The file has one chain alone: what its competitors ask is not in it. Brands compete on its shelf, by deals that their
makers offer, and the chain decides.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from capstan.study import Line
from models.linear.instrumental import Estimate, least_squares
from pipelines.pricing.columns import BRANDS
from pipelines.pricing.demand import OWN, Demand
from pipelines.pricing.shelves import Shelves


def follows(rows: Shelves, brand: int) -> Estimate:
    """Return by how much a price changes with a mean change of one of the other brands in the week before.

    Its own change in that week is held fixed: what is cheap for a week gets more expensive anyway.
    """
    order = np.lexsort([rows.week, rows.store])
    changes = np.diff(np.log(rows.price[order]), axis=0)
    next_to = (np.diff(rows.week[order]) == 1) & (np.diff(rows.store[order]) == 0)
    both = next_to[1:] & next_to[:-1]
    now, last = changes[1:][both], changes[:-1][both]
    others = np.delete(last, brand, axis=1).mean(axis=1)
    x = np.column_stack([others, last[:, brand], np.ones(len(now))])
    return least_squares(now[:, brand], x, x, rows.week[order][2:][both])


def lines(learned: Demand, past: Shelves, test: tuple[Shelves, Shelves]) -> Iterator[Line]:
    """Yield a line per brand: its shares of packages, dollars and profit in the weeks that test.

    taken: of each further dollar of sales that a lower price brings, how much the other brands lose, by the model.
    follows: its `error` is robust to what a week shares, of the weeks before those that test.
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
    after = np.array([follows(past, brand) for brand in range(len(BRANDS))])
    for place, name in enumerate(BRANDS):
        line = dict(zip(("packages", "dollars", "profit"), (float(part[place]) for part in share), strict=True))
        yield (
            {"brand": name}
            | line
            | {
                "taken": float(lost[place] / brought[place]),
                "follows": float(after[place, 0]),
                "follows_error": float(after[place, 1]),
            }
        )
