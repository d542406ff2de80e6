"""What monitoring notices: changes that are planted alarm, a harmless one does not."""

import pytest

from pipelines.segmentation import task
from pipelines.segmentation.columns import DAY
from tests.support import watched


@pytest.fixture(scope="module")
def halves(parts):
    """The customers of the first test day, in two halves at random."""
    rows = parts[1]["customers"]
    now = rows[rows[DAY] == rows[DAY].min()].sample(frac=1, random_state=0)
    return now.iloc[: len(now) // 2], now.iloc[len(now) // 2 :]


@pytest.fixture(scope="module")
def alarms(model, halves):
    """Return a function: which (check, signal) alarm for these customers, compared with the first half."""
    reference = task.signals(model, {"customers": halves[0]})
    return lambda rows: watched.alarms("segmentation", reference, task.signals(model, {"customers": rows}))


def test_other_customers_in_any_order_are_harmless(alarms, halves):
    assert alarms(halves[1]) == set() and alarms(halves[1].iloc[::-1]) == set()


def test_features_of_two_months_ago_alarm(alarms, halves):
    """As they are where the nightly run has stopped."""
    assert ("drift", "recency") in alarms(halves[1].assign(recency=halves[1]["recency"] + 60))


def test_amounts_in_pence_alarm_and_so_do_the_segments(alarms, halves):
    money = {name: 100 * halves[1][name] for name in ("money", "order_value")}
    assert {("drift", "money"), ("drift", "segment")} <= alarms(halves[1].assign(**money))
