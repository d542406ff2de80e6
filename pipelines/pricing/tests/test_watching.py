"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import numpy as np
import pytest

from pipelines.pricing import report
from tests.support import watched


@pytest.fixture(scope="module")
def reference(parts, learned):
    return report.watched(learned, *parts[1])


def test_half_of_the_stores_in_another_order_is_harmless(parts, reference):
    rows = parts[1][0]
    even = reference[np.isin(rows.store, np.unique(rows.store)[::2])]
    assert watched.alarms("pricing", reference, even.sample(frac=1, random_state=0)) == set()


def test_price_war_alarms(reference):
    """All prices fall by a fifth."""
    war = reference.assign(price_now=reference["price_now"] * 0.8)
    assert ("drift", "price_now") in watched.alarms("pricing", reference, war)


def test_customers_who_leave_alarm(reference):
    """Another chain opens: sales fall to half, and the forecast is too high."""
    left = reference.assign(earned_profit=reference["earned_profit"] * 0.5)
    raised = watched.alarms("pricing", reference, left)
    assert {name for name, _ in raised} & {"performance", "mae"} or ("drift", "earned_profit") in raised
