"""Labels against probabilities: as often for nothing as promised, and found in as many rows as stated."""

import numpy as np
import pandas as pd
import pytest

from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from monitoring.checks import daily_counts, labels

CHECKS = Checks(time=None, windows=(3, 14))
OUTCOME = Outcome("binary", target="late", prediction="probability")
PER_DAY, DAYS = 40, 60


def rows(random: np.random.Generator, count: int, more: float = 0.0, uneven: float = 0.0) -> pd.DataFrame:
    """Return predictions and labels, in order. more: events than predicted. uneven: how much the days differ."""
    probability = random.beta(2, 6, count)
    days = np.repeat(random.normal(0, uneven, -(-count // PER_DAY)), PER_DAY)[:count]
    late = random.random(count) < (probability + more + days).clip(0, 1)
    return pd.DataFrame({"probability": probability, "late": late.astype(int)})


def checked(random: np.random.Generator, count: int, more: float = 0.0, uneven: float = 0.0) -> labels.Check:
    """Return the check of new rows, compared with a reference that is calibrated."""
    checks = Checks(time=None, windows=(3, count // PER_DAY), days_without_time=DAYS)
    known = daily_counts.reference(rows(random, PER_DAY * DAYS, uneven=uneven), checks, OUTCOME)
    [check] = labels.check(known, daily_counts.recent(rows(random, count, more, uneven), checks, known), checks)
    return check


@pytest.mark.parametrize("uneven", [0.0, 0.05, 0.1])
def test_it_alarms_for_nothing_in_at_most_one_case_of_twenty(uneven):
    random = np.random.default_rng(0)
    assert sum(checked(random, 800, uneven=uneven).verdict == "alarm" for _ in range(60)) <= 3


def test_events_that_come_more_often_alarm_and_are_counted():
    check = checked(np.random.default_rng(0), 1_600, more=0.1)
    assert (check.name, check.signal, check.verdict) == ("labels", "probability", "alarm")
    assert check.statistic == pytest.approx(0.1, abs=0.05) and check.p < 0.01
    assert "of 1,600 labels are events" in check.message


def test_difference_that_is_too_small_to_matter_is_no_alarm():
    assert checked(np.random.default_rng(0), 40_000, more=0.015).verdict == "ok"


def test_days_that_differ_make_the_check_careful():
    random = np.random.default_rng(1)
    calm, wild = (checked(random, 800, more=0.08, uneven=uneven) for uneven in (0.0, 0.15))
    assert calm.p < wild.p


def test_stated_rows_find_the_difference_in_four_of_five_cases():
    """The reference is long, as the figure takes it as known."""
    random, difference = np.random.default_rng(2), 0.08
    checks = Checks(time=None, windows=(3, 28), calibration=difference / 2, days_without_time=400)
    frame = rows(random, PER_DAY * 400)
    known = daily_counts.reference(frame, checks, OUTCOME)
    count = labels.rows_needed((frame["probability"] * (1 - frame["probability"])).mean(), difference, checks)
    found = []
    for _ in range(40):
        live = daily_counts.recent(rows(random, count, difference), checks, known)
        checked_in = Checks(**(vars(checks) | {"windows": (3, len(live.days))}))
        [check] = labels.check(known, live, checked_in)
        found.append(check.verdict == "alarm")
    assert 0.65 <= np.mean(found) <= 0.95


def test_other_outcomes_have_none_and_few_days_say_nothing():
    random = np.random.default_rng(3)
    frame = rows(random, 2_000)
    known = daily_counts.reference(frame, CHECKS, Outcome("regression", target="late", prediction="probability"))
    assert labels.check(known, known, CHECKS) == []
    few = daily_counts.reference(rows(random, 300), CHECKS, OUTCOME)
    [check] = labels.check(few, few, CHECKS)
    assert check.verdict == "insufficient" and "too few" in check.message
