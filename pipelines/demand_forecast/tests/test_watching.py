"""What monitoring notices: changes that are planted alarm, a harmless one does not."""

import pytest

from pipelines.demand_forecast import task
from tests.support import watched

MONTH = 28  # days


@pytest.fixture(scope="module")
def signals(model, parts):
    """The signals of the days to train on: every second one is the reference, the others are live."""
    return task.signals(model, parts[0])


@pytest.fixture(scope="module")
def alarms(signals):
    """Return a function: which (check, signal) alarm for these days."""
    return lambda live: watched.alarms("demand_forecast", signals.iloc[::2], live)


def test_other_days_of_the_same_year_are_harmless(alarms, signals):
    assert alarms(signals.iloc[1::2]) == set()


def test_a_month_of_higher_demand_alarms_and_so_do_forecasts_that_do_not_follow(alarms, signals):
    month = signals.iloc[1::2].tail(MONTH)
    raised = alarms(month.assign(last_demand=month["last_demand"] * 1.3, peak=month["peak"] * 1.3))
    assert {("drift", "last_demand"), ("drift", "peak"), ("performance", "error of peak")} <= raised


def test_a_broken_thermometer_alarms(alarms, signals):
    assert ("drift", "last_temperature") in alarms(signals.iloc[1::2].tail(MONTH).assign(last_temperature=0.0))
