"""The best prices of a shelf under limits, by branch and bound: the most profitable ones, or the best by another value.

Brands get a price one after the other, and all beginnings of a shelf are kept whose profit could still be the highest.
What a beginning can earn at most: of each brand, the best that its own price allows, times the most that each price to
come does to its sales. Source: Land and Doig, "An automatic method of solving discrete programming problems" (1960).
Where more than `most` beginnings are left, the most promising stay, and the result is not proved to be the best.

Reference: all shelves of four brands, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from models.pricing.shelf import Choices, Limits, profit

MOST = 3_000  # beginnings of a shelf at once
CLOSE = 1e-9


class Found(NamedTuple):
    """Prices, shape (brands,), and whether no shelf is better."""

    prices: np.ndarray
    proved: bool


def best(
    now: np.ndarray,
    sold: np.ndarray,
    cost: np.ndarray,
    elasticity: np.ndarray,
    tried: Choices,
    limits: Limits,
    value: Callable[[np.ndarray], np.ndarray] | None = None,
    most: int = MOST,
) -> Found:
    """Return the best prices. Arguments as those of `profit`; `now` keeps the limits, and is among the choices.

    value: of shelves, (n, brands) -> (n,); by default their profit. Only shelves count that earn no less than `now`.
    """
    count, proved, least = len(now), True, profit(now, now, sold, cost, elasticity).sum()
    choices = [np.flatnonzero(tried.brand == index) for index in range(count)]
    factor = np.exp(elasticity[:, tried.brand] * np.log(tried.price / now[tried.brand]))  # of brand i by choice k
    margin = tried.price - cost[tried.brand]
    # By the price of brand j: the most and the least of the sales of brand i, and the most that brand j earns of one.
    grows, falls = (np.column_stack([pick(factor[:, own], axis=1) for own in choices]) for pick in (np.max, np.min))
    np.fill_diagonal(grows, 1.0)
    np.fill_diagonal(falls, 1.0)
    alone = np.array([(margin[own] * factor[index, own]).max() for index, own in enumerate(choices)])
    adds = limits.rows[:, tried.brand] * np.log(tried.price)  # to each limit, by each choice
    fewest, largest = (np.column_stack([pick(adds[:, own], axis=1) for own in choices]) for pick in (np.min, np.max))
    turns = sorted(range(count), key=lambda index: -float(np.ptp(factor[:, choices[index]], axis=1) @ sold))
    prices, earned, sales, sums = now[None], np.zeros((1, count)), sold[None], np.zeros((1, len(limits.rows)))
    for depth, brand in enumerate(turns):
        own, done, rest = choices[brand], turns[: depth + 1], turns[depth + 1 :]
        sales = (sales[:, None] * factor[:, own].T).reshape(-1, count)
        sums = (sums[:, None] + adds[:, own].T).reshape(-1, sums.shape[1])
        prices, earned = (np.repeat(table, len(own), axis=0) for table in (prices, earned))
        prices[:, brand] = np.resize(tried.price[own], len(prices))
        earned[:, brand] = np.resize(margin[own], len(prices))
        high, low = (bounds[:, rest].prod(axis=1) for bounds in (grows, falls))
        bound = (sales * np.where(earned > 0, earned * high, earned * low))[:, done].sum(axis=1)
        bound += sales[:, rest] @ np.maximum(high * alone, low * alone)[rest]
        kept = bound >= least - CLOSE
        kept &= (sums + fewest[:, rest].sum(axis=1) <= limits.high + CLOSE).all(axis=1)
        kept &= (sums + largest[:, rest].sum(axis=1) >= limits.low - CLOSE).all(axis=1)
        places = np.flatnonzero(kept)
        if len(places) > most:
            places, proved = places[np.argpartition(-bound[places], most)[:most]], False
        prices, earned, sales, sums = prices[places], earned[places], sales[places], sums[places]
    shelves = np.vstack([now, prices])
    values = profit(shelves, now, sold, cost, elasticity).sum(axis=1) if value is None else value(shelves)
    values[0] += CLOSE  # of shelves that are level, the one now
    return Found(shelves[values.argmax()], proved)
