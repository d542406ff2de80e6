"""Whether prices follow each other, where that is known."""

import numpy as np
import pytest

from pipelines.pricing.columns import COUNT
from pipelines.pricing.shelves import Shelves
from pipelines.pricing.studies.elasticities import market


def shelves(follows: float) -> Shelves:
    """Return 100 weeks of 20 stores whose first brand follows the others a week later."""
    random = np.random.default_rng(0)
    weeks, stores = 100, 20
    moves = random.normal(0, 0.05, (weeks, COUNT))
    moves[1:, 0] += follows * moves[:-1, 1:].mean(axis=1) * 3
    prices = np.exp(np.cumsum(moves, axis=0) + 1)
    store, week = np.repeat(np.arange(stores), weeks), np.tile(np.arange(weeks), stores)
    price = np.tile(prices, (stores, 1)) * np.exp(random.normal(0, 0.001, (len(store), COUNT)))
    order = random.permutation(len(store))
    none = np.zeros_like(price)
    return Shelves(store, week, price, price, price / 2, none, none, none, price).take(order)


@pytest.mark.parametrize("follows", [0.0, 1.0])
def test_price_that_follows_the_others_is_told_from_one_that_does_not(follows):
    found, error = market.follows(shelves(follows), 0)
    assert found == pytest.approx(3 * follows, abs=3 * error) and 0.1 < error < 0.6
