"""Prices of the shelf keep the rules."""

import numpy as np
import pytest

from models.pricing import price_region, shelf_search
from pipelines.pricing import rules
from pipelines.pricing.columns import BRANDS, COUNT

NOW = np.array([2.99, 4.79, 2.89, 2.35, 2.19, 3.96, 2.39, 2.19, 1.99, 1.59, 2.99])
SOME = np.arange(COUNT) % 2 == 0


def shelf(seed: int):
    """Return prices, packages, costs and elasticities that might be a store's, and a year of its prices."""
    random = np.random.default_rng(seed)
    now = np.round(NOW * np.exp(random.normal(0, 0.1, COUNT)), 2)
    elasticity = random.normal(0.15, 0.15, (COUNT, COUNT))
    np.fill_diagonal(elasticity, -random.uniform(1, 4.5, COUNT))
    year = now * np.exp(random.normal(0, 0.1, (52, COUNT)))
    year[:27] = now  # the usual prices
    return (now, random.uniform(20, 200, COUNT), now * random.uniform(0.6, 0.8, COUNT), elasticity), year


def found(of, seen, free=SOME):
    now, sold, cost, _ = of
    tried = price_region.choices(now, free, cost, seen, 0.15, rules.LEAST_MARGIN)
    return shelf_search.best(*of, tried, rules.limits(now, sold, seen)).prices


@pytest.mark.parametrize("seed", range(8))
def test_prices_keep_the_rules(seed):
    of, year = shelf(seed)
    now, sold, cost, _ = of
    seen = price_region.seen(year)
    prices = found(of, seen)
    assert rules.limits(now, sold, seen).kept(prices)
    assert (np.abs(prices / now - 1) <= 0.15 + 1e-9).all()
    moved = prices != now
    assert moved.any() and not moved[~SOME].any() and (np.round(prices[moved] * 100) % 10 == 9).all()
    assert (prices[moved] * (1 - rules.LEAST_MARGIN) >= cost[moved]).all()
    assert (sold * now) @ np.log(prices / now) <= 1e-6  # the basket costs no more
    assert ((seen.lowest <= prices) & (prices <= seen.highest)).all()


def test_order_of_brands_holds_where_profit_speaks_against_it():
    (now, sold, _, elasticity), year = shelf(0)
    premium, national = BRANDS.index("Tropicana Premium 64 oz"), BRANDS.index("Tropicana 64 oz")
    now[premium], now[national] = 2.59, 2.49
    year[:27] = now
    elasticity[premium, premium], elasticity[national, national] = -8.0, -0.5  # lower, higher prices
    prices = found((now, sold, now * 0.5, elasticity), price_region.seen(year), np.isin(BRANDS, BRANDS[:4]))
    assert prices[premium] >= prices[national] and (prices != now).any()


def test_all_prices_are_not_raised_where_customers_do_not_react():
    """The basket may not cost more: what one brand gets, another gives."""
    (now, sold, cost, _), year = shelf(1)
    prices = found((now, sold, cost, np.zeros((COUNT, COUNT))), price_region.seen(year))
    assert (prices[SOME] < now[SOME]).any() or (prices == now).all()
