"""The study of alarms: dealt days are calm, a planted shift is found, and days in a row stay in a row."""

import numpy as np
import pytest

from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from monitoring.checks import daily_counts
from tests.benchmarks import alarm_study as study
from tests.unit.monitoring.checks.conftest import OUTCOME

CHECKS = Checks(windows=(3, 7), looks=14)


@pytest.fixture(scope="module")
def period(flights):
    return daily_counts.reference(flights, CHECKS, OUTCOME)


def test_few_dealings_alarm_and_all_find_a_shift(period, flights):
    moved = daily_counts.recent(flights.assign(air_time=flights["air_time"] * 1.3), CHECKS, period)
    calm = [study.repeat(period, CHECKS, seed).first for seed in range(20)]
    assert sum(bool(first) for first in calm) <= 3
    looks = [study.repeat(period, CHECKS, seed, moved).by({"air_time"}) for seed in range(10)]
    assert all(look is not None and look <= 7 for look in looks)
    assert study.repeat(period, CHECKS, 0, moved).by({"carrier"}) is None


def test_a_repeat_is_the_same_each_time(period):
    first, second = (study.repeat(period, CHECKS, 3, in_a_row=True) for _ in range(2))
    assert first == second


def test_a_short_period_says_how_many_days_it_needs(period):
    with pytest.raises(CapstanError, match="needs 40 days"):
        study.repeat(period.take(np.arange(30)), CHECKS, 0)
