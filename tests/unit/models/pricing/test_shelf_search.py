"""The best prices of a shelf, compared with those of all shelves."""

from itertools import product

import numpy as np
import pytest

from models.pricing import shelf_search
from models.pricing.shelf import Choices, Limits, profit

COUNT = 11
NOW = np.array([2.99, 4.79, 2.89, 2.35, 2.19, 3.96, 2.39, 2.19, 1.99, 1.59, 2.99])
ABOVE, BELOW = [1, 5, 10, 0, 2, 3, 4, 6], [0, 4, 9, 3, 9, 9, 9, 9]


def choices(now: np.ndarray, change: float) -> Choices:
    """Return five prices of each brand."""
    prices = np.round(now * np.linspace(1 - change, 1 + change, 5)[:, None], 2)
    prices[2] = now
    return Choices(np.tile(np.arange(COUNT), 5), prices.ravel())


def limits(now: np.ndarray) -> Limits:
    """Return the order of some brands, and a basket that costs no more than now."""
    order = np.eye(COUNT)[ABOVE] - np.eye(COUNT)[BELOW]
    rows = np.vstack([order, np.full(COUNT, 1 / COUNT)])
    values = rows @ np.log(now)
    low = np.append(np.minimum(values[:-1], 0), -np.inf) - 1e-9
    return Limits(rows, low, np.append(np.full(len(order), np.inf), values[-1] + 1e-9))


def shelf(seed: int):
    """Return prices, packages, costs and elasticities that might be a store's."""
    random = np.random.default_rng(seed)
    now = np.round(NOW * np.exp(random.normal(0, 0.1, COUNT)), 2)
    elasticity = random.normal(0.15, 0.15, (COUNT, COUNT))
    np.fill_diagonal(elasticity, -random.uniform(1, 4.5, COUNT))
    return now, random.uniform(20, 200, COUNT), now * random.uniform(0.6, 0.8, COUNT), elasticity


def earned(prices, of) -> float:
    return profit(prices, *of).sum()


def some_choices(seed: int, now: np.ndarray, brands: int) -> Choices:
    """Return the choices of a few brands; the others keep their price."""
    tried = choices(now, 0.15)
    some = np.random.default_rng(seed).choice(COUNT, brands, replace=False)
    kept = np.isin(tried.brand, some) | (tried.price == now[tried.brand])
    return Choices(tried.brand[kept], tried.price[kept])


@pytest.mark.parametrize("seed", range(4))
def test_proof_is_that_of_trying_all_shelves(seed):
    now, *_ = of = shelf(seed)
    few = some_choices(seed, now, 4)
    shelves = np.array(list(product(*(few.price[few.brand == brand] for brand in range(COUNT)))))
    shelves = shelves[limits(now).kept(shelves)]
    most = profit(shelves, *of).sum(axis=-1).max()
    prices, proved = shelf_search.best(*of, few, limits(now))
    assert proved and earned(prices, of) == pytest.approx(most) and limits(now).kept(prices)


@pytest.mark.parametrize("seed", range(4))
def test_beginnings_that_are_left_out_cost_little(seed):
    now, *_ = of = shelf(seed)
    few = some_choices(seed, now, 8)
    (found, proved), (quick, sure) = (shelf_search.best(*of, few, limits(now), most=most) for most in (400_000, 500))
    assert proved and not sure and limits(now).kept(quick)
    assert earned(now, of) < earned(quick, of) <= earned(found, of) + 1e-6
    assert earned(quick, of) > 0.99 * earned(found, of)


def test_shelf_is_the_best_by_the_value_that_is_asked_for():
    now, *_ = of = shelf(1)
    few = some_choices(1, now, 8)
    far = shelf_search.best(*of, few, limits(now)).prices
    near = shelf_search.best(*of, few, limits(now), lambda prices: -np.abs(prices - now).sum(axis=1)).prices
    assert np.array_equal(near, now) and not np.array_equal(far, now)


def test_shelf_without_a_choice_stays():
    now, *_ = of = shelf(5)
    kept = shelf_search.best(*of, Choices(np.arange(COUNT), now), limits(now))
    assert kept.proved and np.array_equal(kept.prices, now)


def test_profit_is_what_one_would_write():
    now, sold, cost, elasticity = shelf(2)
    prices = now * 1.05
    found = profit(prices, now, sold, cost, elasticity)
    by_hand = [
        (prices[i] - cost[i]) * sold[i] * np.prod([(prices[j] / now[j]) ** elasticity[i, j] for j in range(COUNT)])
        for i in range(COUNT)
    ]
    assert found == pytest.approx(by_hand)
