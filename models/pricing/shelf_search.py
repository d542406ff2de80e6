"""The most profitable prices of a shelf: of one brand, or of two at once, until no such move gains.

What a brand sells depends on all prices, so prices cannot be chosen one by one; two at once pass what the order of two
brands blocks. The result is no worse than any shelf that differs from it in two prices; `branch_and_bound.py`
proves that there is no better one at all.

Reference: the best of all shelves by `branch_and_bound.py`, profit within 1e-6.
"""

from __future__ import annotations

import numpy as np

from models.pricing.shelf import Choices, Order

MOVES = 50  # far more than a shelf needs: it ends long before


def best(
    now: np.ndarray, sold: np.ndarray, cost: np.ndarray, elasticity: np.ndarray, tried: Choices, order: Order
) -> np.ndarray:
    """Return the prices, shape (brands,). They begin at `now`. Arguments as those of `profit`. tried: what may be set.

    order: of brands, which stays.
    """
    prices = now.astype(float)
    brand, price = tried
    count = np.arange(len(brand))
    for _ in range(MOVES):
        base = sold * np.exp(elasticity @ np.log(prices / now))
        # Row k: by what each brand's sales change where brand[k] gets price[k]; its own margin changes with it.
        factor = np.exp(elasticity[:, brand] * np.log(price / prices[brand])).T
        margin = np.repeat((prices - cost)[None], len(brand), axis=0)
        margin[count, brand] = price - cost[brand]
        singles = (factor * margin) @ base
        gained = both(factor, prices - cost, price - cost[brand], base, brand)
        moved = np.where(brand[:, None] == brand, singles[:, None], gained)  # the same brand twice is the first alone
        allowed = pairs_in_order(prices, now, brand, price, order)
        moved = np.where(allowed, moved, -np.inf)
        one, two = np.unravel_index(moved.argmax(), moved.shape)
        if moved[one, two] <= (prices - cost) @ base + 1e-9:
            break
        if brand[one] != brand[two]:
            prices[brand[two]] = price[two]
        prices[brand[one]] = price[one]
    return prices


def both(factor: np.ndarray, margin: np.ndarray, moved: np.ndarray, base: np.ndarray, brand: np.ndarray) -> np.ndarray:
    """Return the profit of each pair of moves of two brands, shape (k, k).

    factor: what each move does to the sales of each brand, (k, brands). margin: of each brand, (brands,). moved: of the
    brand of each move, after it, (k,).
    """
    own = factor[np.arange(len(brand)), brand]
    extra = (moved - margin[brand]) * own * base[brand]
    other = factor[:, brand]  # [k, l]: what move k does to the sales of the brand of move l
    return np.asarray((factor * (base * margin)) @ factor.T + extra[:, None] * other.T + extra[None, :] * other)


def pairs_in_order(
    prices: np.ndarray, now: np.ndarray, brand: np.ndarray, price: np.ndarray, order: Order
) -> np.ndarray:
    """Return whether the shelf after each pair of moves keeps the order of brands, shape (k, k)."""
    fine = np.ones((len(brand), len(brand)), dtype=bool)

    def after(which: int) -> np.ndarray:
        own = np.where(brand == which, price, np.nan)
        pair = np.where(np.isnan(own)[:, None], own[None], own[:, None])
        return np.where(np.isnan(pair), prices[which], pair)

    for above, below, most in zip(*order, order.slack(now), strict=True):
        fine &= after(below) - after(above) <= most
    return fine
