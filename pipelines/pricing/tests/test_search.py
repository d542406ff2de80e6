"""Prices of the shelf keep the rules."""

import numpy as np
import pytest

from capstan.errors import CapstanError
from models.pricing import branch_and_bound, shelf_search
from pipelines.pricing import rules
from pipelines.pricing.columns import BRANDS, COUNT

NOW = np.array([2.99, 4.79, 2.89, 2.35, 2.19, 3.96, 2.39, 2.19, 1.99, 1.59, 2.99])


def shelf(seed: int):
    """Return prices, packages, costs and elasticities that might be a store's."""
    random = np.random.default_rng(seed)
    now = np.round(NOW * np.exp(random.normal(0, 0.1, COUNT)), 2)
    elasticity = random.normal(0.15, 0.15, (COUNT, COUNT))
    np.fill_diagonal(elasticity, -random.uniform(1, 4.5, COUNT))
    return now, random.uniform(20, 200, COUNT), now * random.uniform(0.6, 0.8, COUNT), elasticity


def test_too_many_shelves_are_refused():
    now, _, cost, _ = of = shelf(4)
    with pytest.raises(CapstanError, match="let prices move less"):
        branch_and_bound.best(*of, rules.choices(now, cost, 0.3), rules.ORDER, 0.0)


@pytest.mark.parametrize("seed", range(8))
def test_prices_keep_the_rules(seed):
    now, _, cost, _ = of = shelf(seed)
    prices = shelf_search.best(*of, rules.choices(now, cost, 0.15), rules.ORDER)
    assert rules.ORDER.kept(prices, now)
    assert (np.abs(prices / now - 1) <= 0.15 + 1e-9).all()
    moved = prices != now
    assert moved.any() and (np.round(prices[moved] * 100) % 10 == 9).all()
    assert (prices[moved] * (1 - rules.LEAST_MARGIN) >= cost[moved]).all()


def test_order_of_brands_holds_where_profit_speaks_against_it():
    now, sold, _, elasticity = shelf(0)
    premium, national = BRANDS.index("Tropicana Premium 64 oz"), BRANDS.index("Tropicana 64 oz")
    now[premium], now[national] = 2.59, 2.49
    elasticity[premium, premium], elasticity[national, national] = -8.0, -0.5  # lower, higher prices
    prices = shelf_search.best(now, sold, now * 0.5, elasticity, rules.choices(now, now * 0.5, 0.2), rules.ORDER)
    assert prices[premium] >= prices[national]


def test_brand_that_does_not_react_gets_the_highest_price():
    now, sold, cost, _ = shelf(1)
    prices = shelf_search.best(now, sold, cost, np.zeros((COUNT, COUNT)), rules.choices(now, cost, 0.1), rules.ORDER)
    tried = rules.choices(now, cost, 0.1)
    assert prices == pytest.approx([tried.price[tried.brand == one].max() for one in range(COUNT)])
