"""Own elasticities by what they are identified from: changes over time, differences among stores, or costs.

Prices were not set at random. Who sets them knows of demand what the file does not say, so each of these compares
something else. Standard errors are robust to what a week shares, as most prices are decided for the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from capstan.study import Line
from data_sets import orange_juice_weeks as weeks
from models.linear.instrumental import Estimate, least_squares, without
from pipelines.pricing import demand
from pipelines.pricing.columns import BRANDS, COUNT
from pipelines.pricing.shelves import Shelves


def columns(rows: Shelves, brand: int) -> np.ndarray:
    """Return log prices of all brands, the brand's own first, feature, deal and season, shape (n, 18)."""
    logs = np.log(rows.price)
    others = np.delete(logs, brand, axis=1)
    return np.column_stack(
        [logs[:, brand], others, rows.feat[:, brand], rows.deal[:, brand], weeks.calendar(rows.week)]
    )


def over_time(rows: Shelves, brand: int) -> Estimate:
    """Return the elasticity from changes within each store."""
    x, y = without(columns(rows, brand), rows.store), without(rows.sold[:, brand], rows.store)
    return least_squares(y, x, x, rows.week)


def differences(rows: Shelves, brand: int) -> Estimate:
    """Return the elasticity from one week to the next in each store."""
    order = np.lexsort([rows.week, rows.store])
    week, store = rows.week[order], rows.store[order]
    next_to = (np.diff(week) == 1) & (np.diff(store) == 0)
    x = np.diff(columns(rows, brand)[order], axis=0)[next_to]
    y = np.diff(rows.sold[order, brand])[next_to]
    return least_squares(y, x, x, week[1:][next_to])


def among_stores(rows: Shelves, brand: int) -> Estimate:
    """Return the elasticity from stores that ask other prices in the same week, beyond what they always ask."""
    x, y = columns(rows, brand)[:, : COUNT + 2], rows.sold[:, brand]
    for _ in range(10):  # alternately: stores do not all have the same weeks
        x, y = (without(without(values, rows.store), rows.week) for values in (x, y))
    return least_squares(y, x, x, rows.week)


def by_cost(rows: Shelves, brand: int) -> Estimate:
    """Return the elasticity from price changes that follow the cost: two-stage least squares within stores."""
    x, y = without(columns(rows, brand), rows.store), without(rows.sold[:, brand], rows.store)
    cost = without(np.log(np.maximum(rows.cost[:, brand], 0.01)), rows.store)
    return least_squares(y, x, np.column_stack([cost, x[:, 1:]]), rows.week)


def by_other_stores(rows: Shelves, brand: int) -> Estimate:
    """Return the elasticity where the mean price of the other stores in the week stands for the store's own."""
    logs = np.log(rows.price[:, brand])
    places = np.unique(rows.week, return_inverse=True)[1]
    count = np.bincount(places)[places]
    others = (np.bincount(places, logs)[places] - logs) / np.maximum(count - 1, 1)
    x, y = without(columns(rows, brand), rows.store), without(rows.sold[:, brand], rows.store)
    return least_squares(y, x, np.column_stack([without(others, rows.store), x[:, 1:]]), rows.week)


WAYS: dict[str, Callable[[Shelves, int], Estimate]] = {
    "changes over time": over_time,
    "week to week": differences,
    "among stores": among_stores,
    "cost as instrument": by_cost,
    "other stores' price as instrument": by_other_stores,
}


def lines(rows: Shelves, learned: demand.Demand) -> Iterator[Line]:
    """Yield a line per brand and way: the elasticity and its standard error."""
    for brand, name in enumerate(BRANDS):
        model = learned.brands[brand]
        found = {"served": (float(model.fixed[demand.OWN]), float(np.sqrt(model.covariance[demand.OWN, demand.OWN])))}
        found |= {way: estimate(rows, brand) for way, estimate in WAYS.items()}
        for way, (own, error) in found.items():
            yield {"brand": name, "way": way, "own": own, "error": error}
