"""Prices that were seen together."""

import numpy as np
import pytest

from models.pricing import price_region
from models.pricing.price_region import Seen

YEAR = np.array([[2.0, 3.0, 4.0]] * 30 + [[1.8, 3.0, 4.0], [2.0, 3.3, 4.0], [2.0, 3.0, 4.4]] * 7)


def test_region_is_that_by_hand():
    seen = price_region.seen(YEAR)
    assert seen.usual.tolist() == [2.0, 3.0, 4.0]
    assert seen.lowest.tolist() == [1.8, 3.0, 4.0] and seen.highest.tolist() == [2.0, 3.3, 4.4]
    assert seen.low[0] == pytest.approx(np.log(0.9) * 2 / 3) and seen.high[1] == pytest.approx(np.log(1.1) * 2 / 3)


def test_price_points_end_in_nine_and_keep_bounds_and_margin():
    known = Seen(*np.array([[2.0, 3.0], [1.5, 2.95], [2.5, 3.05], [-1, -1], [1, 1]]))
    tried = price_region.choices(known.usual, np.array([True, True]), np.array([1.85, 1.0]), known, 0.1, 0.05)
    assert tried.price[tried.brand == 0].tolist() == [1.99, 2.0, 2.09, 2.19]
    assert tried.price[tried.brand == 1].tolist() == [2.99, 3.0]
    still = price_region.choices(known.usual, np.zeros(2, bool), np.zeros(2), known, 0.1, 0.05)
    assert still.price.tolist() == [2.0, 3.0]


def test_limits_keep_order_basket_and_relative_prices():
    seen, base = price_region.seen(YEAR), np.array([2.0, 3.0, 4.0])
    limits = price_region.limits(base, np.array([10.0, 10.0, 10.0]), seen, above=[1], below=[0])
    assert limits.kept(base) and not limits.kept(base * 1.01) and limits.kept(base * 0.99)
    assert limits.kept(np.array([1.9, 3.06, 4.0])) and not limits.kept(np.array([1.5, 3.2, 4.0]))


def test_shelf_that_is_out_of_order_already_stays_allowed():
    seen, base = price_region.seen(YEAR), np.array([3.1, 3.0, 4.0])
    limits = price_region.limits(base, np.ones(3), seen, above=[1], below=[0])
    assert limits.kept(base) and not limits.kept(np.array([3.2, 2.95, 3.9]))
