"""The trial of a price."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from models.pricing import price_trial
from models.pricing.shelf import Choices

SHELF = (np.array([2.0, 3.0]), np.array([100.0, 100.0]), np.array([1.5, 1.5]), np.array([[-1.2, 0.1], [0.1, -3.0]]))
TRIED = Choices(np.array([0, 0, 1, 1]), np.array([2.0, 2.19, 2.79, 3.0]))
FREE, APART = np.array([True, True]), np.array([0.3, 0.3])


@pytest.mark.parametrize(("apart", "effect"), [(0.3, 0.1), (0.5, 0.05)])
def test_sample_is_that_of_statsmodels(apart, effect):
    one_price = NormalIndPower().solve_power(effect / apart, alpha=0.05, power=0.8)
    assert price_trial.sample(apart, effect) == pytest.approx(2 * one_price, rel=0.01)


def test_trial_is_of_the_price_that_gains_most():
    found = price_trial.best(SHELF, TRIED, FREE, APART, stores=80)
    assert found is not None and (found.brand, found.price) == (0, 2.19)
    assert price_trial.sample(0.3, found.detects) == pytest.approx(80 * found.weeks)


def test_fewer_stores_need_more_weeks_until_none_decides():
    found = [price_trial.best(SHELF, TRIED, FREE, 2 * APART, stores) for stores in (20, 10, 1)]
    assert found[0].weeks < found[1].weeks and found[2] is None


def test_brand_that_is_not_free_is_not_tried():
    found = price_trial.best(SHELF, TRIED, np.array([False, True]), APART, stores=80)
    assert found is None or found.brand == 1
