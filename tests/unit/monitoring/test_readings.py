"""Readings come back as they were kept."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.checks.counters import Counters, Reading
from monitoring.readings import Readings

NOON = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def readings(tmp_path) -> Readings:
    return Readings(f"sqlite:///{tmp_path}/circle.db")


def reading(at: datetime, failed: float = 0) -> Reading:
    return Reading(at, {"1700000000.25": Counters(1, failed, 30, {0.1: 2.0, math.inf: 3.0}), "other": Counters()})


def test_readings_come_back_as_they_were(readings):
    assert readings.before("tiny", NOON, 5) == []
    kept = [reading(NOON + timedelta(hours=hour), hour) for hour in range(4)]
    for entry in reversed(kept):
        readings.keep("tiny", entry)
    readings.keep("plain", reading(NOON))
    assert readings.before("tiny", NOON + timedelta(days=1), 9) == kept
    assert readings.before("tiny", kept[3].at, 2) == kept[1:3]


def test_a_reading_of_the_same_instant_replaces_the_one_before(readings):
    readings.keep("tiny", reading(NOON, 1))
    readings.keep("tiny", reading(NOON, 2))
    assert readings.before("tiny", NOON + timedelta(1), 9) == [reading(NOON, 2)]


def test_old_readings_are_removed(readings):
    for day in (0, 5, 91):
        readings.keep("tiny", reading(NOON + timedelta(days=day)))
    assert [entry.at for entry in readings.before("tiny", NOON + timedelta(days=99), 9)] == [
        NOON + timedelta(days=5),
        NOON + timedelta(days=91),
    ]
