"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import numpy as np
import pytest

from pipelines.house_price import task
from tests.support import watched


@pytest.fixture(scope="module")
def alarms(parts, quick):
    """Return a function: which (check, signal) alarm for these sales, compared with the sales to test on."""
    reference = task.signals(quick, parts[1])
    return lambda rows: watched.alarms("house_price", reference, task.signals(quick, {"houses": rows}))


@pytest.fixture(scope="module")
def others(parts):
    """Sales that are not those of the reference."""
    return parts[0]["houses"].sample(600, random_state=0)


def test_other_sales_in_another_order_are_harmless(alarms, others):
    assert not alarms(others)


def test_areas_in_square_metres_alarm_and_so_does_what_follows(alarms, others):
    raised = alarms(others.assign(living_area=others["living_area"] / 2))
    assert {("drift", "living_area"), ("drift", "price")} <= raised


def test_owners_who_praise_their_houses_alarm_within_200_sales(alarms, others):
    """Each reports a quality that is one class too high."""
    few = others.head(200)
    assert not alarms(few)
    praised = alarms(few.assign(overall_quality=(few["overall_quality"] + 1).clip(upper=10)))
    assert ("counts", "overall_quality") in praised


def test_a_required_field_that_is_no_longer_given_alarms_and_an_optional_one_does_not(alarms, others):
    assert ("nulls", "living_area") in alarms(others.assign(living_area=np.nan))
    assert ("nulls", "overall_quality") not in alarms(others.assign(overall_quality=np.nan))


def test_houses_of_one_kind_of_neighborhood_alarm(alarms, parts):
    rows = parts[0]["houses"]
    assert ("drift", "neighborhood") in alarms(rows[rows["year_built"] > 1990])
