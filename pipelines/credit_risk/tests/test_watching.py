"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import numpy as np
import pandas as pd
import pytest

from pipelines.credit_risk import task
from tests.support import watched


@pytest.fixture(scope="module")
def alarms(parts, served):
    """Return a function: which (check, signal) alarm for these loans, compared with the loans to test on."""
    reference = task.signals(served, parts[1])
    return lambda rows: watched.alarms("credit_risk", reference, task.signals(served, {"loans": rows}))


@pytest.fixture(scope="module")
def others(parts):
    """Loans that are not those of the reference."""
    return parts[0]["loans"].sample(800, random_state=0)


def test_other_loans_in_another_order_and_rounded_amounts_are_harmless(alarms, others):
    assert alarms(others) == set()
    assert alarms(others.iloc[::-1].assign(amount=(others["amount"] / 10).round() * 10)) == set()


def test_larger_loans_alarm_and_so_does_what_follows_from_them(alarms, others):
    raised = alarms(others.assign(amount=others["amount"] * 1.5))
    assert {("drift", "amount"), ("drift", "probability"), ("drift", "decision")} <= raised
    assert ("calibration", "probability") in raised  # the labels did not change with them


def test_defaults_that_rise_from_30_to_40_percent_are_found_in_800_loans(alarms, parts):
    """In eight of ten draws."""
    loans = parts[0]["loans"]
    bad, good = (loans[loans["bad"] == value] for value in (1, 0))
    found = []
    for seed in range(10):
        drawn = [part.sample(count, random_state=seed, replace=True) for part, count in ((bad, 320), (good, 480))]
        found.append(("labels", "probability") in alarms(pd.concat(drawn).sample(frac=1, random_state=seed)))
    assert sum(found) >= 8


def test_an_income_that_is_no_longer_asked_for_alarms(alarms, others):
    assert ("nulls", "income") in alarms(others.assign(income=np.nan))


def test_other_applicants_alarm(alarms, parts):
    loans = parts[0]["loans"]
    assert {("drift", "age"), ("drift", "marital")} <= alarms(loans[loans["age"] < 30])
