"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import numpy as np
import pytest

from pipelines.churn import task
from tests.support import watched


@pytest.fixture(scope="module")
def alarms(parts, served):
    """Return a function: which (check, signal) alarm for these customers, compared with the customers to test on."""
    reference = task.signals(served, parts[1])
    return lambda rows: watched.alarms("churn", reference, task.signals(served, {"customers": rows}))


@pytest.fixture(scope="module")
def others(parts):
    """Customers who are not those of the reference."""
    return parts[0]["customers"].sample(1_500, random_state=0)


def test_other_customers_in_another_order_are_harmless(alarms, others):
    assert alarms(others) == set() and alarms(others.iloc[::-1]) == set()


def test_higher_bills_alarm(alarms, others):
    raised = alarms(others.assign(monthly=np.minimum(others["monthly"] + 20, 120)))
    assert ("drift", "monthly") in raised


def test_tenure_in_years_alarms(alarms, others):
    """As it is where the billing system changes its unit."""
    raised = alarms(others.assign(tenure=(others["tenure"] / 12).round()))
    assert {("drift", "tenure"), ("drift", "probability"), ("calibration", "probability")} <= raised


def test_new_way_to_pay_alarms(alarms, others):
    raised = alarms(others.assign(payment=others["payment"].replace("mailed check", "telephone")))
    assert ("new categories", "payment") in raised or ("drift", "payment") in raised
