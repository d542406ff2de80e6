"""What monitoring notices: a change that is planted alarms, a harmless one does not."""

import pytest

from pipelines.recommender import task
from tests.support import watched

FEW = 3  # ratings


@pytest.fixture(scope="module")
def people(parts):
    return parts[1]["people"]


@pytest.fixture(scope="module")
def alarms(model, people):
    """Return a function: which (check, signal) alarm for these people, compared with all."""
    reference = task.signals(model, {"people": people})
    return lambda rows: watched.alarms("recommender", reference, task.signals(model, {"people": rows}))


def test_the_same_people_in_another_order_are_harmless(alarms, people):
    assert alarms(people.sample(frac=1, random_state=0)) == set()


def test_histories_that_lose_most_of_their_ratings_alarm(alarms, people):
    """As they do where the offline store is restored from an old backup."""
    lost = people.assign(**{name: [row[:FEW] for row in people[name]] for name in ("films", "stars")})
    assert {("drift", "known"), ("drift", "expected")} <= alarms(lost)
