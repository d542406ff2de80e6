"""The best prices of a shelf, compared with those of all shelves."""

from itertools import product

import numpy as np
import pytest

from models.pricing import branch_and_bound, shelf_search
from models.pricing.shelf import Choices, Order, profit

COUNT = 11
NOW = np.array([2.99, 4.79, 2.89, 2.35, 2.19, 3.96, 2.39, 2.19, 1.99, 1.59, 2.99])
ORDER = Order(np.array([1, 5, 10, 0, 2, 3, 4, 6]), np.array([0, 4, 9, 3, 9, 9, 9, 9]))


def choices(now: np.ndarray, change: float) -> Choices:
    """Return five prices of each brand."""
    prices = np.round(now * np.linspace(1 - change, 1 + change, 5)[:, None], 2)
    prices[2] = now
    return Choices(np.tile(np.arange(COUNT), 5), prices.ravel())


def shelf(seed: int):
    """Return prices, packages, costs and elasticities that might be a store's."""
    random = np.random.default_rng(seed)
    now = np.round(NOW * np.exp(random.normal(0, 0.1, COUNT)), 2)
    elasticity = random.normal(0.15, 0.15, (COUNT, COUNT))
    np.fill_diagonal(elasticity, -random.uniform(1, 4.5, COUNT))
    return now, random.uniform(20, 200, COUNT), now * random.uniform(0.6, 0.8, COUNT), elasticity


def earned(prices, of) -> float:
    return profit(prices, *of).sum()


@pytest.mark.parametrize("seed", range(8))
def test_search_finds_the_best_of_all_shelves(seed):
    now, *_ = of = shelf(seed)
    tried = choices(now, 0.1)
    found = shelf_search.best(*of, tried, ORDER)
    best = branch_and_bound.best(*of, tried, ORDER, earned(found, of))
    assert earned(found, of) == pytest.approx(earned(best, of))
    assert earned(found, of) > earned(now, of)


@pytest.mark.parametrize("seed", range(4))
def test_proof_is_that_of_trying_all_shelves(seed):
    now, *_ = of = shelf(seed)
    tried = choices(now, 0.15)
    some = np.random.default_rng(seed).choice(COUNT, 4, replace=False)
    kept = np.isin(tried.brand, some) | (tried.price == now[tried.brand])
    few = Choices(tried.brand[kept], tried.price[kept])
    shelves = np.array(list(product(*(few.price[few.brand == one] for one in range(COUNT)))))
    shelves = shelves[ORDER.kept(shelves, now)]
    most = profit(shelves, *of).sum(axis=-1).max()
    assert earned(branch_and_bound.best(*of, few, ORDER, earned(now, of)), of) == pytest.approx(most)


def test_profit_is_what_one_would_write():
    now, sold, cost, elasticity = shelf(2)
    prices = now * 1.05
    found = profit(prices, now, sold, cost, elasticity)
    by_hand = [
        (prices[i] - cost[i]) * sold[i] * np.prod([(prices[j] / now[j]) ** elasticity[i, j] for j in range(COUNT)])
        for i in range(COUNT)
    ]
    assert found == pytest.approx(by_hand)
