"""Prices of a shelf: the best there are, within the rules."""

import numpy as np
import pytest

from pipelines.pricing import rules, shelf_search
from pipelines.pricing.columns import BRANDS, COUNT

NOW = np.array([2.99, 4.79, 2.89, 2.35, 2.19, 3.96, 2.39, 2.19, 1.99, 1.59, 2.99])


def shelf(seed: int):
    """Return prices, packages, costs and elasticities that might be a store's."""
    random = np.random.default_rng(seed)
    now = np.round(NOW * np.exp(random.normal(0, 0.1, COUNT)), 2)
    elasticity = random.normal(0.15, 0.15, (COUNT, COUNT))
    np.fill_diagonal(elasticity, -random.uniform(1, 4.5, COUNT))
    return now, random.uniform(20, 200, COUNT), now * random.uniform(0.6, 0.8, COUNT), elasticity


def earned(prices, of) -> float:
    return shelf_search.profit(prices, *of).sum()


@pytest.mark.parametrize("seed", range(8))
def test_four_brands_have_the_best_of_all_their_prices(seed):
    now, _, cost, _ = of = shelf(seed)
    tried = rules.choices(now, cost, 0.15)
    some = np.random.default_rng(seed).choice(COUNT, 4, replace=False)
    kept = np.isin(tried.brand, some) | (tried.price == now[tried.brand])
    few = rules.Choices(tried.brand[kept], tried.price[kept])
    found, best = (way(*of, few) for way in (shelf_search.best, shelf_search.exhaustive))
    assert earned(found, of) == pytest.approx(earned(best, of))
    assert earned(found, of) > earned(now, of)


@pytest.mark.parametrize("seed", range(8))
def test_prices_keep_the_rules(seed):
    now, _, cost, _ = of = shelf(seed)
    prices = shelf_search.best(*of, rules.choices(now, cost, 0.15))
    assert rules.ordered(prices, now)
    assert (np.abs(prices / now - 1) <= 0.15 + 1e-9).all()
    moved = prices != now
    assert moved.any() and (np.round(prices[moved] * 100) % 10 == 9).all()
    assert (prices[moved] * (1 - rules.LEAST_MARGIN) >= cost[moved]).all()


def test_order_of_brands_holds_where_profit_speaks_against_it():
    now, sold, _, elasticity = shelf(0)
    premium, national = BRANDS.index("Tropicana Premium 64 oz"), BRANDS.index("Tropicana 64 oz")
    now[premium], now[national] = 2.59, 2.49
    elasticity[premium, premium], elasticity[national, national] = -8.0, -0.5  # cheaper, dearer
    prices = shelf_search.best(now, sold, now * 0.5, elasticity, rules.choices(now, now * 0.5, 0.2))
    assert prices[premium] >= prices[national]


def test_brand_that_does_not_react_gets_as_dear_as_it_may():
    now, sold, cost, _ = shelf(1)
    prices = shelf_search.best(now, sold, cost, np.zeros((COUNT, COUNT)), rules.choices(now, cost, 0.1))
    tried = rules.choices(now, cost, 0.1)
    assert prices == pytest.approx([tried.price[tried.brand == one].max() for one in range(COUNT)])


def test_profit_is_what_one_would_write():
    now, sold, cost, elasticity = shelf(2)
    prices = now * 1.05
    made = shelf_search.profit(prices, now, sold, cost, elasticity)
    by_hand = [
        (prices[i] - cost[i]) * sold[i] * np.prod([(prices[j] / now[j]) ** elasticity[i, j] for j in range(COUNT)])
        for i in range(COUNT)
    ]
    assert made == pytest.approx(by_hand)
