"""The most profitable shelf of all, proved: what the search of `shelf_search` is checked with.

Brands get a price one after the other, and all beginnings of a shelf are kept whose profit could still be the highest.
What a beginning can earn at most: of each brand, the best that its own price allows, times the most that each price to
come does to its sales. Source: Land and Doig, "An automatic method of solving discrete programming problems" (1960).

Reference: all shelves of four brands, exactly.
"""

from __future__ import annotations

import numpy as np

from capstan.errors import CapstanError
from models.pricing.shelf import Choices, Order

MOST = 2_000_000  # beginnings of a shelf at once: some 600 MB


def best(
    now: np.ndarray,
    sold: np.ndarray,
    cost: np.ndarray,
    elasticity: np.ndarray,
    tried: Choices,
    order: Order,
    least: float,
) -> np.ndarray:
    """Return the best prices, shape (brands,). Arguments as those of `shelf_search.best`. least: a profit that a shelf
    has.

    Raises CapstanError where more than MOST beginnings could still be the best: 2 million, for prices that move far.
    """
    count = len(now)
    choices = [np.flatnonzero(tried.brand == one) for one in range(count)]
    factor = np.exp(elasticity[:, tried.brand] * np.log(tried.price / now[tried.brand]))  # of brand i by choice k
    margin = tried.price - cost[tried.brand]
    # By the price of brand j: the most and the least of the sales of brand i, and the most that brand j earns of one.
    most, fewest = (np.column_stack([pick(factor[:, own], axis=1) for own in choices]) for pick in (np.max, np.min))
    np.fill_diagonal(most, 1.0)
    np.fill_diagonal(fewest, 1.0)
    alone = np.array([(margin[own] * factor[one, own]).max() for one, own in enumerate(choices)])
    turns = sorted(range(count), key=lambda one: -float(np.ptp(factor[:, choices[one]], axis=1) @ sold))
    prices, earned, sales = np.full((1, count), np.nan), np.zeros((1, count)), sold[None]
    for depth, brand in enumerate(turns):
        own, done, rest = choices[brand], turns[: depth + 1], turns[depth + 1 :]
        sales = (sales[:, None] * factor[:, own].T).reshape(-1, count)
        prices, earned = (np.repeat(one, len(own), axis=0) for one in (prices, earned))
        prices[:, brand] = np.resize(tried.price[own], len(prices))
        earned[:, brand] = np.resize(margin[own], len(prices))
        grows, falls = (bounds[:, rest].prod(axis=1) for bounds in (most, fewest))
        bound = (sales * np.where(earned > 0, earned * grows, earned * falls))[:, done].sum(axis=1)
        bound += sales[:, rest] @ (grows * alone)[rest]
        kept = bound >= least - 1e-9
        kept &= ~(prices[:, order.below] - prices[:, order.above] > order.slack(now)).any(axis=1)
        if kept.sum() > MOST:
            raise CapstanError(f"More than {MOST} beginnings of a shelf may be the best: let prices move less.")
        prices, earned, sales = prices[kept], earned[kept], sales[kept]
    return np.asarray(prices[(sales * earned).sum(axis=1).argmax()])
